"""Keep mitochondria apart: what overlaps is one, what nearly touches has too many."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from neuropil.stitching import union_find

POSITION = ["z_nm", "y_nm", "x_nm"]
APART_NM = 70.0  # nearer than this, maps of a network run into each other


def separate_mitochondria(table: pd.DataFrame) -> pd.DataFrame:
    """Join mitochondria that overlap; of those that nearly touch keep the largest.

    Parameters
    ----------
    table : organelle, object (from 1 per organelle), z_nm, y_nm, x_nm, radius_nm, ...
        One row per ball.

    Returns
    -------
    The rows of the mitochondria that stay and of all else; mitochondria are numbered
    from 1 again, in the order of their first rows.
    """
    is_mito = (table["organelle"] == "mi").to_numpy()
    mito = table[is_mito]
    pairs, gap = near_pairs(mito)
    number = mito["object"].to_numpy()
    group = union_find(int(number.max(initial=0)) + 1, pairs[gap < 0])
    own = group[number]
    dropped = crowded(group[pairs[gap >= 0]], np.bincount(own))
    kept = ~np.isin(own, dropped)
    _, first, inverse = np.unique(own[kept], return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    mito = mito[kept].assign(object=rank[inverse] + 1)
    return pd.concat([mito, table[~is_mito]], ignore_index=True)


def near_pairs(balls: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of objects with balls less than `APART_NM` from each other, and the gaps.

    Returns
    -------
    (P, 2) objects, and (P,) nm between the surfaces, below 0 if they overlap
    """
    position = balls[POSITION].to_numpy(float)
    radius = balls["radius_nm"].to_numpy(float)
    reach = 2 * radius.max(initial=0.0) + APART_NM
    a, b = cKDTree(position).query_pairs(reach, output_type="ndarray").T
    gap = np.linalg.norm(position[a] - position[b], axis=1) - radius[a] - radius[b]
    objects = balls["object"].to_numpy()
    near = (objects[a] != objects[b]) & (gap < APART_NM)
    return np.stack([objects[a], objects[b]], axis=1)[near], gap[near]


def crowded(pairs: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Choose groups to drop so that no pair is left; large groups are kept first.

    Parameters
    ----------
    pairs : (P, 2) groups that are too near to each other
    size : of each group; of equals the smaller number is kept

    >>> pairs, size = np.array([[1, 2], [2, 3], [5, 4]]), np.array([0, 5, 9, 5, 1, 1])
    >>> crowded(pairs, size).tolist()
    [1, 3, 5]
    """
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    near = {group: set() for group in np.unique(pairs).tolist()}
    for a, b in pairs.tolist():
        near[a].add(b)
        near[b].add(a)
    dropped = set()
    for group in sorted(near, key=lambda group: (-size[group], group)):
        if group not in dropped:
            dropped |= near[group]
    return np.array(sorted(dropped), np.int64)
