"""Files of meshes: one HDF5 file per bucket, a group per cell or object."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from neuropil.bucket_files import read_part, write_parts


class StoredMesh(NamedTuple):
    """A mesh as it is stored.

    Attributes
    ----------
    vertices_nm : (N, 3) float32, z, y, x
    faces : (M, 3) uint32, oriented outwards (geometry.py)
    area_um2, volume_um3 : of the surface before it was simplified
    """

    vertices_nm: np.ndarray
    faces: np.ndarray
    area_um2: float
    volume_um3: float


def write_meshes(
    path: str | os.PathLike, meshes: Iterable[tuple[int, StoredMesh]], kind: str
) -> None:
    """Write meshes as groups ``<kind>/<id>/mesh``; the same bytes for the same meshes.

    Parameters
    ----------
    meshes : pairs of id and mesh
    kind : what the ids are of, ``cells`` or ``objects``
    """
    items = ((name, *as_part(mesh)) for name, mesh in meshes)
    write_parts(path, kind, "mesh", items)


def as_part(mesh: StoredMesh) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Datasets and attributes of a mesh."""
    arrays = {
        "vertices_nm": np.asarray(mesh.vertices_nm, np.float32),
        "faces": np.asarray(mesh.faces, np.uint32),
    }
    return arrays, {"area_um2": mesh.area_um2, "volume_um3": mesh.volume_um3}


def read_mesh(path: str | os.PathLike, name: int, kind: str = "cells") -> StoredMesh:
    """Read one mesh of a bucket.

    Raises
    ------
    InputError
        If the file has no mesh of this id.
    """
    arrays, found = read_part(path, kind, "mesh", name)
    return StoredMesh(
        **arrays,
        area_um2=float(found["area_um2"]),
        volume_um3=float(found["volume_um3"]),
    )
