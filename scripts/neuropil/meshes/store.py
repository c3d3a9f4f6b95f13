"""Files of meshes: one HDF5 file per bucket, a group per cell or object."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

import h5py
import numpy as np

from neuropil.errors import InputError
from neuropil.storage import open_hdf5, replacing


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
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file.create_group(kind)
        for name, mesh in meshes:
            group = file.create_group(f"{kind}/{name}/mesh")
            group["vertices_nm"] = np.asarray(mesh.vertices_nm, np.float32)
            group["faces"] = np.asarray(mesh.faces, np.uint32)
            group.attrs["axes"] = "zyx"
            group.attrs["area_um2"] = mesh.area_um2
            group.attrs["volume_um3"] = mesh.volume_um3


def read_mesh(path: str | os.PathLike, name: int, kind: str = "cells") -> StoredMesh:
    """Read one mesh of a bucket.

    Raises
    ------
    InputError
        If the file has no mesh of this id.
    """
    with open_hdf5(path) as file:
        group = file.get(f"{kind}/{int(name)}/mesh")
        if group is None:
            raise InputError(
                f"{path} has no mesh of {kind} {name}. neuropil.buckets.bucket_of says "
                "in which bucket it is, the table beside it whether it has one."
            )
        arrays = (group["vertices_nm"][:], group["faces"][:])
        return StoredMesh(
            *arrays, float(group.attrs["area_um2"]), float(group.attrs["volume_um3"])
        )
