"""Where pieces meet: a supervoxel within a true cell, and the next such piece.

Where a true cell is torn, or a segment holds two, follows from these seams by tables
alone, for any agglomeration, and each has a place to look at: where the map is lowest.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.buckets import mix
from neuropil.grid import Box, Triple, voxel_index
from neuropil.volumes.base import Volume

ENDS = ["supervoxel_a", "cell_a", "supervoxel_b", "cell_b"]
FACE = ["map_value", "order", "face"]
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def extract_seams(
    volumes: tuple[Volume, Volume],
    truth: Volume,
    core: Box,
    block_shape: Triple,
    threads: int,
) -> pd.DataFrame:
    """Find where pieces meet in one chunk, which owns faces whose lower voxel it holds.

    Parameters
    ----------
    volumes : supervoxels, and the uint8 map of membranes
    truth : true cells, of the whole volume
    core : voxels that the chunk owns
    block_shape : what a thread holds in memory, in voxels

    Returns
    -------
    Table of schema ``seams``
    """
    supervoxels, membranes = volumes

    def extract(block: Box) -> pd.DataFrame:
        box = block.grow(0, 1).intersect(supervoxels.box)
        arrays = supervoxels.read(box), truth.read(box), membranes.read(box)
        parts = [
            list_faces(arrays, block, axis, supervoxels.shape) for axis in (0, 1, 2)
        ]
        return add_up_seams([pd.concat(parts)])

    parts = map_blocks(extract, core, block_shape, threads)
    return add_up_seams(part for _, part in parts)


def list_faces(arrays: Arrays, block: Box, axis: int, shape: Triple) -> pd.DataFrame:
    """List the faces between pieces along one axis, a row for each.

    Parameters
    ----------
    arrays : supervoxels, true cells and map of the block, and one voxel more behind it
        where the volume goes on
    shape : of the volume
    """
    steps = [slice(0, n) for n in block.shape]
    count = min(block.shape[axis], arrays[0].shape[axis] - 1)
    low, high = list(steps), list(steps)
    low[axis], high[axis] = slice(0, count), slice(1, count + 1)
    (s, t, values), (u, v, others) = (
        [a[tuple(k)] for a in arrays] for k in (low, high)
    )
    at = np.nonzero(((s != u) | (t != v)) & (s != 0) & (t != 0) & (u != 0) & (v != 0))
    one, other = (s[at], t[at]), (u[at], v[at])
    swap = (one[0] > other[0]) | ((one[0] == other[0]) & (one[1] > other[1]))
    ends = [np.where(swap, b, a) for a, b in zip((*one, *other), (*other, *one))]
    places = (where + start for where, start in zip(at, block.start))
    face = voxel_index(*places, shape) * np.uint64(3) + np.uint64(axis)
    table = pd.DataFrame(dict(zip(ENDS, ends)))
    value = np.maximum(values[at], others[at]).astype(np.int64)
    return table.assign(face_count=1, map_value=value, order=mix(face), face=face)


def add_up_seams(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up the faces of each seam, and keep its best one; the order does not matter.

    That is the one where the map is lowest; of several, any, but always the same.
    """
    table = pd.concat(parts, ignore_index=True)
    table = table.sort_values([*ENDS, *FACE], ignore_index=True)
    sums = table.groupby(ENDS, as_index=False)["face_count"].sum()
    best = table.drop_duplicates(ENDS)[FACE].reset_index(drop=True)
    return sums.join(best)
