"""Files of skeletons: many cells in one HDF5 file, each read alone in milliseconds.

Group ``cells/<id>/skeleton`` holds the skeleton of a cell, with the datasets of
`Skeleton`; its attributes say the order of axes and the voxel size of the dataset.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import h5py
import numpy as np

from neuropil.errors import InputError
from neuropil.storage import open_hdf5, replacing


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
    size = tuple(float(v) for v in voxel_size_nm)
    with replacing(path) as temporary, h5py.File(temporary, "w", libver="v108") as file:
        cells = file.create_group("cells")
        for cell, skeleton in skeletons:
            group = cells.create_group(f"{int(cell)}/skeleton")
            group.attrs["axes"] = "zyx"
            group.attrs["voxel_size_nm"] = size
            for name, dtype in TYPES.items():
                data = np.asarray(getattr(skeleton, name), dtype)
                group.create_dataset(name, data=data, track_times=False)


def read_skeleton(path: str | os.PathLike, cell: int) -> Skeleton:
    """Read the skeleton of one cell.

    Raises
    ------
    InputError
        If the file holds no skeleton of the cell, which is so for cells of less than
        `dust_nm3`, too.
    """
    with open_hdf5(path) as file:
        group = file.get(f"cells/{int(cell)}/skeleton")
        if group is None:
            raise InputError(
                f"{path} holds no skeleton of cell {cell}. Cells are spread over files "
                "by their ids (neuropil.buckets.bucket_of), and very small ones have "
                "no skeleton (dust_nm3 in the config)."
            )
        return Skeleton(*(group[name][()] for name in Skeleton._fields))


def list_cells(path: str | os.PathLike) -> np.ndarray:
    """Ids (N,) uint64 of the cells whose skeletons a file holds, ascending."""
    with open_hdf5(path) as file:
        return np.sort(np.array([int(name) for name in file["cells"]], np.uint64))
