"""Meshes as PLY and OBJ, which most programs for 3-d models read: a file per cell."""

from __future__ import annotations

import os

import trimesh

from neuropil.bucket_files import list_ids
from neuropil.exports.files import write_folder
from neuropil.meshes.store import StoredMesh, read_mesh

NM_PER_UM = 1000.0


def format_mesh(mesh: StoredMesh, kind: str) -> bytes:
    """Write a mesh in µm, x, y, z, its faces outwards.

    Parameters
    ----------
    kind : ``ply`` (binary) or ``obj``
    """
    # With axes in the other order, faces would look inwards.
    vertices, faces = mesh.vertices_nm[:, ::-1] / NM_PER_UM, mesh.faces[:, ::-1]
    content = trimesh.Trimesh(vertices, faces, process=False).export(file_type=kind)
    return content if isinstance(content, bytes) else content.encode()


def export_polygons(
    folder: str | os.PathLike, bucket: str | os.PathLike, kind: str
) -> None:
    """Write the meshes of the cells of a bucket, each as ``<cell>.<kind>``."""
    cells = list_ids(bucket, "cells").tolist()
    meshes = ((cell, read_mesh(bucket, cell)) for cell in cells)
    files = ((f"{cell}.{kind}", format_mesh(mesh, kind)) for cell, mesh in meshes)
    write_folder(folder, files)
