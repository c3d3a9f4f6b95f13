"""Keep mitochondria apart: of those that overlap or nearly touch, some must go."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

POSITION = ["z_nm", "y_nm", "x_nm"]
APART_NM = 70.0  # nearer than this, maps of a network run into each other


def separate_mitochondria(table: pd.DataFrame) -> pd.DataFrame:
    """Drop mitochondria that overlap or nearly touch others; the largest are kept.

    Parameters
    ----------
    table : organelle, object (from 1 per organelle), z_nm, y_nm, x_nm, radius_nm, ...
        One row per ball.

    Returns
    -------
    The rows of the mitochondria that stay and of all else; mitochondria are numbered
    from 1 again, in the same order.
    """
    is_mito = (table["organelle"] == "mi").to_numpy()
    mito = table[is_mito]
    number = mito["object"].to_numpy()
    dropped = crowded(near_pairs(mito), np.bincount(number))
    mito = mito[~np.isin(number, dropped)]
    rank = mito["object"].rank(method="dense").astype(np.int64)
    return pd.concat([mito.assign(object=rank), table[~is_mito]], ignore_index=True)


def near_pairs(balls: pd.DataFrame) -> np.ndarray:
    """Pairs (P, 2) of objects with balls less than `APART_NM` from each other."""
    position = balls[POSITION].to_numpy(float)
    radius = balls["radius_nm"].to_numpy(float)
    reach = 2 * radius.max(initial=0.0) + APART_NM
    a, b = cKDTree(position).query_pairs(reach, output_type="ndarray").T
    gap = np.linalg.norm(position[a] - position[b], axis=1) - radius[a] - radius[b]
    objects = balls["object"].to_numpy()
    near = (objects[a] != objects[b]) & (gap < APART_NM)
    return np.stack([objects[a], objects[b]], axis=1)[near]


def crowded(pairs: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Choose objects to drop so that no pair is left; large ones are kept first.

    Parameters
    ----------
    pairs : (P, 2) objects that are too near to each other
    size : of each object; of equals the smaller number is kept

    >>> pairs, size = np.array([[1, 2], [2, 3], [5, 4]]), np.array([0, 5, 9, 5, 1, 1])
    >>> crowded(pairs, size).tolist()
    [1, 3, 5]
    """
    near = {number: set() for number in np.unique(pairs).tolist()}
    for a, b in pairs.tolist():
        near[a].add(b)
        near[b].add(a)
    dropped = set()
    for number in sorted(near, key=lambda number: (-size[number], number)):
        if number not in dropped:
            dropped |= near[number]
    return np.array(sorted(dropped), np.int64)
