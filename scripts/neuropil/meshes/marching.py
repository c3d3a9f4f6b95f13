"""Marching cubes of all labels of an array."""

from __future__ import annotations

import numpy as np
import pandas as pd
import zmesh

from neuropil.cells import map_to_cells
from neuropil.grid import Triple
from neuropil.kernels.dense import number_sorted
from neuropil.meshes.pieces import Pieces


def march(
    labels: np.ndarray, start: Triple, membership: pd.DataFrame | None = None
) -> Pieces:
    """Mesh all labels between the outermost samples of an array (zmesh).

    Counts samples too, without the last along each axis: these are of the next chunk.

    Parameters
    ----------
    labels : (Z, Y, X) uint64, 0 is background
    start : the array's first sample, in the dataset's lattice
    membership : supervoxel, cell: labels are supervoxels, and cells are to be meshed

    Notes
    -----
    zmesh is Lorensen & Cline 1987 for one label after the other: vertices are halfway
    between samples, each edge of a surface has two triangles, also between two labels
    and where the cases of a cube are ambiguous.
    """
    numbers, names = number_sorted(labels, (0, 0, 0), labels.shape)
    if membership is not None:
        names = map_to_cells(names, membership)
    ids, of_number = np.unique(names, return_inverse=True)
    numbers = of_number.astype(np.uint32)[numbers]
    mesher = zmesh.Mesher((1, 1, 1))
    mesher.mesh(numbers, close=False)
    counts = np.bincount(numbers[:-1, :-1, :-1].ravel(), minlength=len(ids))
    counts[0] = 0
    meshed = set(mesher.ids()) - {0}
    found = sorted(meshed | set(np.flatnonzero(counts).tolist()))
    meshes = []
    for number in found:
        if number not in meshed:
            meshes.append((np.empty((0, 3), np.int32), np.empty((0, 3), np.uint32)))
            continue
        mesh = mesher.get(number, normals=False, reduction_factor=0)
        mesher.erase(number)
        # Small types, since those of all labels are held at the same time.
        places = np.round(2 * mesh.vertices).astype(np.int32)
        places += 2 * np.array(start, np.int32)
        meshes.append((places, mesh.faces.astype(np.uint32)))
    return Pieces.of(ids[found], counts[found], meshes)
