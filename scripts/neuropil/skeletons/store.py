"""Files of skeletons: many cells in one HDF5 file, each read alone in milliseconds.

Group ``cells/<id>/skeleton`` holds the skeleton of a cell, with the datasets of
`Skeleton`; its attributes say the order of axes and the voxel size of the dataset.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from neuropil.bucket_files import list_ids, read_part, write_parts


class Skeleton(NamedTuple):
    """Skeleton of a cell: one tree per component.

    Attributes
    ----------
    vertices_nm : (N, 3) float32, z, y, x
    edges : (M, 2) uint32, rows of vertices, the parent first; a parent's row comes
        before those of its children
    radius_nm : (N,) float32, distance from the cell's surface
    component : (N,) uint32, number of the tree of a node, 0 for that of longest cable
    """

    vertices_nm: np.ndarray
    edges: np.ndarray
    radius_nm: np.ndarray
    component: np.ndarray

    @property
    def edge_lengths_nm(self) -> np.ndarray:
        """Length (M,) float64 of each edge."""
        ends = self.vertices_nm.astype(np.float64)[self.edges.astype(np.int64)]
        return np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)


TYPES = {
    "vertices_nm": "f4",
    "edges": "u4",
    "radius_nm": "f4",
    "component": "u4",
}


def write_skeletons(
    path: str | os.PathLike,
    skeletons: Iterable[tuple[int, Skeleton]],
    voxel_size_nm: Sequence[float],
) -> None:
    """Write the skeletons of cells; complete or not at all, the same bytes each time.

    Parameters
    ----------
    skeletons : pairs of a cell's id and its skeleton
    voxel_size_nm : (z, y, x) of the dataset
    """
    attributes = {"voxel_size_nm": tuple(float(v) for v in voxel_size_nm)}
    items = ((c, as_arrays(skeleton), attributes) for c, skeleton in skeletons)
    write_parts(path, "cells", "skeleton", items)


def as_arrays(skeleton: Skeleton) -> dict[str, np.ndarray]:
    """Give the arrays of a skeleton the types of files."""
    return {n: np.asarray(getattr(skeleton, n), kind) for n, kind in TYPES.items()}


def read_skeleton(path: str | os.PathLike, cell: int) -> Skeleton:
    """Read the skeleton of one cell.

    Raises
    ------
    InputError
        If the file holds no skeleton of the cell, which is so for cells of less than
        `dust_nm3`, too.
    """
    arrays, _ = read_part(path, "cells", "skeleton", cell)
    return Skeleton(**arrays)


def list_cells(path: str | os.PathLike) -> np.ndarray:
    """Ids (N,) uint64 of the cells whose skeletons a file holds, ascending."""
    return list_ids(path, "cells")


def read_skeletons(
    paths: Iterable[str | os.PathLike], wanted: np.ndarray | None = None
) -> Iterator[tuple[int, Skeleton]]:
    """Yield the cells of files and their skeletons; if given, of wanted cells alone."""
    for path in paths:
        cells = list_cells(path)
        cells = cells if wanted is None else np.intersect1d(cells, wanted)
        for cell in cells.tolist():
            yield cell, read_skeleton(path, cell)
