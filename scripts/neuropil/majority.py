"""An agglomeration from a segmentation into cells: the majority cell per supervoxel."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.grid import Box, Triple
from neuropil.volumes.base import Volume

PAIR = ["supervoxel", "cell"]


def extract_agglomeration(
    supervoxels: Volume, cells: Volume, core: Box, block_shape: Triple, threads: int
) -> pd.DataFrame:
    """Count the voxels that supervoxels of one chunk share with cells.

    Parameters
    ----------
    supervoxels, cells : volumes of labels on the grid of the dataset
    core : voxels that the chunk owns
    block_shape : what a thread holds in memory, in voxels

    Returns
    -------
    Table supervoxel, cell, voxel_count (uint64), of all supervoxels but 0
    """

    def count(block: Box) -> pd.DataFrame:
        return count_overlaps(supervoxels.read(block), cells.read(block))

    blocks = map_blocks(count, core, block_shape, threads)
    return merge_overlaps(part for _, part in blocks)


def count_overlaps(supervoxels: np.ndarray, cells: np.ndarray) -> pd.DataFrame:
    """Count the voxels of each pair of ids in two arrays of one shape."""
    inside = supervoxels != 0
    rows, row = np.unique(supervoxels[inside], return_inverse=True)
    columns, column = np.unique(cells[inside], return_inverse=True)
    pairs, count = np.unique(row * len(columns) + column, return_counts=True)
    row, column = np.divmod(pairs, max(1, len(columns)))
    return pd.DataFrame(
        {
            "supervoxel": rows[row].astype(np.uint64),
            "cell": columns[column].astype(np.uint64),
            "voxel_count": count.astype(np.uint64),
        }
    )


def merge_overlaps(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up partial counts; their order does not matter."""
    return pd.concat(parts).groupby(PAIR, as_index=False)["voxel_count"].sum()


def merge_agglomeration(overlaps: pd.DataFrame) -> pd.DataFrame:
    """Give each supervoxel the cell that holds most of its voxels.

    A supervoxel that lies mostly outside of cells gets cell 0. Of several cells with
    most voxels, the one with the smallest id is taken, but 0 last.

    Parameters
    ----------
    overlaps : supervoxel, cell, voxel_count: of all chunks, pairs may repeat

    Returns
    -------
    Table supervoxel, cell, voxel_count (of the supervoxel), cell_voxel_count (in the
    cell), uint64, sorted by supervoxel
    """
    counts = merge_overlaps([overlaps])
    total = counts.groupby("supervoxel")["voxel_count"].sum()
    order = counts.assign(outside=counts["cell"] == 0).sort_values(
        ["supervoxel", "voxel_count", "outside", "cell"],
        ascending=[True, False, True, True],
    )
    best = order.drop_duplicates("supervoxel").reset_index(drop=True)
    inside = best["voxel_count"].sum() / max(1, total.sum())
    logging.info("%d supervoxels, %.2f %% in their cell", len(best), 100 * inside)
    return pd.DataFrame(
        {
            "supervoxel": best["supervoxel"],
            "cell": best["cell"],
            "voxel_count": total.to_numpy(),
            "cell_voxel_count": best["voxel_count"],
        }
    )
