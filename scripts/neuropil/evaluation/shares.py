"""Voxels that supervoxels share with true cells, and what they say of a segmentation.

A supervoxel that was made from a map need not lie in one true cell. How good an
agglomeration is follows from these counts alone, without a look at voxels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.cells import join_supervoxels, map_to_cells
from neuropil.evaluation.identity import share_supervoxels
from neuropil.evaluation.segmentations import add_up, score_overlaps
from neuropil.grid import Box, Triple
from neuropil.majority import count_overlaps
from neuropil.storage import LabelStack, read_table, read_tables
from neuropil.volumes.base import Volume

PAIR = ["supervoxel", "cell"]
THRESHOLDS = tuple(k / 20 for k in range(21))


def extract_shares(
    supervoxels: Volume, truth: LabelStack, core: Box, block_shape: Triple, threads: int
) -> pd.DataFrame:
    """Count the voxels that supervoxels of one chunk share with true cells.

    Parameters
    ----------
    supervoxels : volume of labels
    truth : true cells, of the whole volume
    core : voxels that the chunk owns
    block_shape : what a thread holds in memory, in voxels

    Returns
    -------
    supervoxel, cell (0 is none), voxel_count, inner_count: those of the voxels whose
    six neighbours are in the same true cell; of supervoxel 0, too
    """

    def count(block: Box) -> pd.DataFrame:
        around = block.grow(1)
        cells = truth.read(around)
        inner = is_inner(cells)
        own, cells = supervoxels.read(block) + np.uint64(1), cells[1:-1, 1:-1, 1:-1]
        table = count_overlaps(own, cells)  # which leaves 0 out
        within = count_overlaps(np.where(inner, own, np.uint64(0)), cells)
        within = within.rename(columns={"voxel_count": "inner_count"})
        return table.merge(within, on=PAIR, how="left").fillna({"inner_count": 0})

    parts = [part for _, part in map_blocks(count, core, block_shape, threads)]
    shares = add_up_shares(pd.concat(parts))
    shares["supervoxel"] -= np.uint64(1)
    return shares.astype("u8")


def is_inner(cells: np.ndarray) -> np.ndarray:
    """Whether a voxel's six neighbours are in its cell: (Z + 2, ...) -> (Z, Y, X) bool.

    Neighbours of 0 at the rim of the array count: the truth ends there.
    """
    middle = cells[1:-1, 1:-1, 1:-1]
    inner = np.ones(middle.shape, bool)
    for axis in range(3):
        for step in (0, 2):
            cut = [slice(1, -1)] * 3
            cut[axis] = slice(step, cells.shape[axis] - 2 + step)
            inner &= cells[tuple(cut)] == middle
    return inner


def read_shares(shares: Sequence[str], truth: str, supervoxels: str) -> pd.DataFrame:
    """Read the shares of all chunks, or give supervoxels whole to true cells.

    Parameters
    ----------
    shares : files of all chunks; none where both sides are unions of supervoxels
    truth : true supervoxel, cell
    supervoxels : supervoxel, voxel_count
    """
    if not shares:
        return share_supervoxels(read_table(truth), read_table(supervoxels))
    return add_up_shares(read_tables(shares))


def add_up_shares(shares: pd.DataFrame) -> pd.DataFrame:
    """Add up the shares of blocks, or of chunks."""
    return shares.groupby(PAIR, as_index=False).sum()


def score_thresholds(
    shares: pd.DataFrame,
    edges: pd.DataFrame,
    thresholds: Iterable[float] = THRESHOLDS,
) -> pd.DataFrame:
    """Score the cells that edges make at several thresholds of their score.

    Voxels on the border of a true cell are left out, and all outside of true cells: no
    two people draw these alike. What a segmentation leaves out is one more segment.

    Parameters
    ----------
    shares : supervoxel, cell, inner_count
    edges : supervoxel_a, supervoxel_b, score

    Returns
    -------
    threshold, cell_count, voi_split, voi_merge, adapted_rand_error
    """
    inner = shares[(shares["cell"] != 0) & (shares["inner_count"] > 0)]
    rows = []
    for threshold in thresholds:
        joined = join_supervoxels(edges, threshold)
        segment = map_to_cells(inner["supervoxel"], joined)
        segment = np.where(segment == 0, inner["supervoxel"], segment)
        columns = (inner["cell"], segment, inner["inner_count"])
        overlaps = pd.DataFrame(dict(zip(("cell", "segment", "voxel_count"), columns)))
        scores = score_overlaps(add_up(overlaps))
        count = len(np.setdiff1d(segment, [0]))
        rows.append({"threshold": threshold, "cell_count": count, **scores})
    return pd.DataFrame(rows)
