"""Which true cell each predicted cell is.

Predicted cells have ids of their own. A predicted cell is compared with true cells
through the voxels that its supervoxels share with these.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuropil.cells import look_up, map_to_cells


def share_supervoxels(truth: pd.DataFrame, supervoxels: pd.DataFrame) -> pd.DataFrame:
    """Give supervoxels whole to true cells, where both sides are unions of the same.

    Parameters
    ----------
    truth : true supervoxel, cell
    supervoxels : supervoxel, voxel_count

    Returns
    -------
    supervoxel, cell (0 if it is in none), voxel_count
    """
    shares = supervoxels[["supervoxel", "voxel_count"]].copy()
    shares["cell"] = look_up(truth["supervoxel"], truth["cell"], shares["supervoxel"])
    return shares


def match_cells(membership: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Find the true cell that holds most voxels of each predicted cell.

    A predicted cell stands for this one true cell (the smaller id on a tie). Without
    split and merge errors the table is one to one. The fragments of a split cell all
    stand for it, but only the largest is its ``main`` one; a merged cell stands for
    its largest part, so everything on the other parts is wrong.

    Parameters
    ----------
    membership : predicted supervoxel, cell
    shares : supervoxel, cell (true, 0 is none), voxel_count (that both hold)

    Returns
    -------
    One row per predicted cell: cell, truth_cell (0 if it has no voxel in a true cell),
    fraction (of the cell's voxels), voxel_count (of the cell), main (bool: has the most
    voxels of all cells that stand for ``truth_cell``)
    """
    frame = shares.rename(columns={"cell": "truth_cell"})
    frame["voxel_count"] = frame["voxel_count"].astype(np.int64)
    frame["cell"] = map_to_cells(frame["supervoxel"], membership)
    frame = frame[(frame["cell"] != 0) & (frame["voxel_count"] > 0)]
    shared = frame.groupby(["cell", "truth_cell"], as_index=False)["voxel_count"].sum()
    total = shared.groupby("cell")["voxel_count"].transform("sum")
    shared["fraction"] = shared["voxel_count"] / total
    shared["total"] = total
    return choose_main(take_majority(shared))


def take_majority(shared: pd.DataFrame) -> pd.DataFrame:
    """Keep the true cell with the most voxels of each predicted cell."""
    order = ["cell", "voxel_count", "truth_cell"]
    best = shared.sort_values(order, ascending=[True, False, True])
    return best.drop_duplicates("cell")


def choose_main(best: pd.DataFrame) -> pd.DataFrame:
    """Mark the predicted cell that has the most voxels of each true cell."""
    order = ["truth_cell", "voxel_count", "cell"]
    best = best.sort_values(order, ascending=[True, False, True])
    best["main"] = ~best["truth_cell"].duplicated() & (best["truth_cell"] != 0)
    best["voxel_count"] = best["total"]
    return best.drop(columns="total").sort_values("cell", ignore_index=True)


def translate_cells(cells: np.ndarray, mapping: pd.DataFrame) -> np.ndarray:
    """Give the true cell of each predicted one (`match_cells`); 0 if there is none."""
    return look_up(mapping["cell"], mapping["truth_cell"], np.asarray(cells))


def order_pairs(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put the smaller id of each pair first."""
    return np.minimum(first, second), np.maximum(first, second)
