"""Partial tables of properties: how those of blocks and chunks add up.

They hold whole numbers that add up exactly, in any order; units come last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from neuropil.grid import Triple, voxel_coordinates
from neuropil.schemas.cells import SUPERVOXELS
from neuropil.schemas.organelles import POINTS

PLACES = [f"{axis}_vx" for axis in "zyx"]
STARTS, STOPS = ([f"{end}_{name}" for name in PLACES] for end in ("start", "stop"))
BOUNDS = STARTS + STOPS
BINS = [f"bin_{axis}" for axis in "zyx"]
SUMS = [f"sum_{axis}" for axis in "zyx"]
KEYS = ["object", "supervoxel", *BINS]
ADD = {name: np.add for name in ("voxel_count", *SUMS)}
EXTEND = {name: np.minimum for name in STARTS} | {name: np.maximum for name in STOPS}


def fold(
    rows: pd.DataFrame,
    order: Sequence[np.ndarray],
    keys: Sequence[str],
    kept: Sequence[str],
) -> pd.DataFrame:
    """Fold the rows of equal keys into one: sums, bounds, or else their first value.

    Parameters
    ----------
    order : what the rows of equal keys are sorted by, the last one first
    kept : columns of the result, after the keys
    """
    columns = {name: rows[name].to_numpy() for name in (*keys, *kept)}
    by = np.lexsort([*order, *(columns[name] for name in reversed(keys))])
    changes = np.zeros(len(by), bool)
    changes[:1] = True
    for name in keys:
        sorted_key = columns[name][by]
        changes[1:] |= sorted_key[1:] != sorted_key[:-1]
    first = np.flatnonzero(changes)
    for name, column in columns.items():
        how = (ADD | EXTEND).get(name)
        if how and len(first):
            columns[name] = how.reduceat(column[by], first)
        else:
            columns[name] = column[by[first]]
    return pd.DataFrame(columns)


def merge_partial_supervoxels(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up `PARTIAL_SUPERVOXELS`; their order does not matter."""
    rows = pd.concat(parts)
    deepest = [rows["index"].to_numpy(), -rows["depth"].to_numpy()]
    kept = ["voxel_count", *BOUNDS, "depth", "index"]
    return fold(rows, deepest, ["supervoxel"], kept)


def merge_supervoxels(parts: Iterable[pd.DataFrame], shape: Triple) -> pd.DataFrame:
    """`SUPERVOXELS` of a volume of a shape from the partial tables of its chunks."""
    table = merge_partial_supervoxels(parts)
    index = table.pop("index").to_numpy()
    places = zip(PLACES, voxel_coordinates(index, shape))
    return table.drop(columns="depth").assign(**dict(places))[SUPERVOXELS.columns]


def merge_partial_objects(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up `PARTIAL_OBJECTS`, or rows that hold more; their order does not matter."""
    return fold(pd.concat(parts), [], ["object"], ["voxel_count", *BOUNDS])


def merge_partial_points(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up `PARTIAL_POINTS`, or rows that hold more; their order does not matter."""
    return fold(pd.concat(parts), [], KEYS, ["voxel_count", *SUMS])


def merge_points(parts: pd.DataFrame, voxel_size_nm: Sequence[float]) -> pd.DataFrame:
    """`POINTS` from partial rows: mean position of the voxels in each bin."""
    rows = merge_partial_points([parts])
    means = {
        f"{axis}_nm": (rows[f"sum_{axis}"] / rows["voxel_count"] + 0.5) * size
        for axis, size in zip("zyx", voxel_size_nm)
    }
    return rows.assign(**means)[POINTS.columns]


def merge_overlaps(points: pd.DataFrame) -> pd.DataFrame:
    """`OVERLAPS` from the counts per bin."""
    return fold(points, [], ["object", "supervoxel"], ["voxel_count"])
