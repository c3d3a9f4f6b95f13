"""Marching cubes of all labels of an array."""

from __future__ import annotations

import numpy as np
import zmesh

from neuropil.grid import Triple
from neuropil.meshes.pieces import Pieces


def march(labels: np.ndarray, start: Triple) -> Pieces:
    """Mesh all labels between the outermost samples of an array (zmesh).

    Parameters
    ----------
    labels : (Z, Y, X) uint64, 0 is background
    start : the array's first sample, in the dataset's lattice

    Notes
    -----
    zmesh is Lorensen & Cline 1987 for one label after the other: vertices are halfway
    between samples, each edge of a surface has two triangles, also between two labels
    and where the cases of a cube are ambiguous.
    """
    ids, numbers = np.unique(labels, return_inverse=True)
    numbers = numbers.reshape(labels.shape).astype(np.uint32)
    if ids[0] != 0:
        ids, numbers = np.append(np.uint64(0), ids), numbers + np.uint32(1)
    mesher = zmesh.Mesher((1, 1, 1))
    mesher.mesh(np.ascontiguousarray(numbers), close=False)
    meshes = []
    found = sorted(number for number in mesher.ids() if number)
    for number in found:
        mesh = mesher.get(number, normals=False, reduction_factor=0)
        mesher.erase(number)
        places = np.round(2 * mesh.vertices).astype(np.int64)
        meshes.append((places + 2 * np.array(start), mesh.faces))
    return Pieces.of(ids[found], meshes)
