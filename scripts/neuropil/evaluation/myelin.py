"""How well myelinated nodes of skeletons are told from others, where truth is known.

A node counts if a true node of its cell lies within `NEAR_NM` of it, or within that
node's radius; it is myelinated in truth if that nearest true node has a sheath.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from neuropil.cells import look_up
from neuropil.evaluation.scores import score_agreement, score_detection
from neuropil.evaluation.skeletons import NEAR_NM, PLACE
from neuropil.skeletons.store import Skeleton


def evaluate_myelin(
    skeletons: Iterable[tuple[int, Skeleton]],
    myelin: pd.DataFrame,
    cells: pd.DataFrame,
    nodes: pd.DataFrame,
) -> dict:
    """Compare which nodes are myelinated with the truth.

    Parameters
    ----------
    skeletons : pairs of a predicted cell and its skeleton
    myelin : table of schema ``myelin``, a row per node of these skeletons
    cells : cell, truth_cell (`identity.match_cells`)
    nodes : of the true trees: cell, z_nm, y_nm, x_nm, radius_nm, sheath_nm

    Returns
    -------
    ``myelin``: node_count (nodes that count), accuracy, and precision, recall and f1 of
    myelinated ones
    """
    told = {cell: rows.sort_values("node") for cell, rows in myelin.groupby("cell")}
    trees = dict(tuple(nodes.groupby("cell")))
    found, true = [np.empty(0, bool)], [np.empty(0, bool)]
    for cell, skeleton in skeletons:
        stands_for = look_up(cells["cell"], cells["truth_cell"], [np.uint64(cell)])[0]
        if stands_for in trees and cell in told:
            near, wrapped = find_sheaths(skeleton.vertices_nm, trees[stands_for])
            found.append(told[cell]["is_myelinated"].to_numpy()[near])
            true.append(wrapped[near])
    found, true = np.concatenate(found), np.concatenate(true)
    detected = score_detection((found & true).sum(), true.sum(), found.sum())
    accuracy = score_agreement(found == true)
    return {"myelin": {"node_count": len(true), "accuracy": accuracy, **detected}}


def find_sheaths(
    places_nm: np.ndarray, tree: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Say which places (N, 3) are near to a true tree, and wrapped there (N,) bool."""
    far, nearest = cKDTree(tree[PLACE].to_numpy()).query(places_nm)
    limit = np.maximum(tree["radius_nm"].to_numpy(), NEAR_NM)[nearest]
    return far <= limit, tree["sheath_nm"].to_numpy()[nearest] > 0
