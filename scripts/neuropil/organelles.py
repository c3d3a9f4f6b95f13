"""Organelles: the tables of what they overlap, and the cells they belong to.

`instances` finds the objects, `organelle_voxels` counts what each chunk holds of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from neuropil.partials import (
    PLACES,
    merge_overlaps,
    merge_partial_objects,
    merge_points,
)
from neuropil.schemas.organelles import OBJECTS, ORGANELLES, OVERLAPS, POINTS
from neuropil.storage import read_table, write_table
from neuropil.table_parts import write_parts

MEMBERSHIP = ["supervoxel", "cell"]


def merge_organelles(
    parts: Iterable[pd.DataFrame], seeded: pd.DataFrame
) -> pd.DataFrame:
    """`OBJECTS` from the partial tables of all chunks and a voxel in each object."""
    table = merge_partial_objects(parts)
    places = seeded[["object", *PLACES]]
    return table.merge(places, on="object", validate="1:1")[OBJECTS.columns]


def write_points(
    paths,
    ranges: Iterable[pd.DataFrame],
    voxel_size_nm: Sequence[float],
    provenance: str,
) -> None:
    """Write points and overlaps, a range of objects at a time.

    Parameters
    ----------
    paths : has an attribute for each table
    ranges : rows of schema ``partial_points``; all those of an object are in one part
    voxel_size_nm : (z, y, x)
    provenance : of `storage.write_table`
    """
    overlaps = [OVERLAPS.arrow().empty_table().to_pandas()]

    def add_up() -> Iterator[pd.DataFrame]:
        for part in ranges:
            points = merge_points(part, voxel_size_nm)
            overlaps.append(merge_overlaps(points))
            yield points

    write_parts(paths.points, add_up(), POINTS, provenance)
    write_table(paths.overlaps, pd.concat(overlaps), OVERLAPS, provenance)


def measure_organelles(
    objects: pd.DataFrame,
    overlaps: pd.DataFrame,
    membership: pd.DataFrame,
    settings: dict,
    voxel_size_nm: Sequence[float],
) -> pd.DataFrame:
    """Map organelles to cells, and measure them.

    An object belongs to the cell that holds most of its voxels (of equals, the smaller
    id), if that share is at least ``min_overlap`` and the object has at least
    ``min_mapping_vx`` voxels: the thresholds of its own organelle.

    Parameters
    ----------
    objects, overlaps : `OBJECTS`, `OVERLAPS`
    membership : supervoxel, cell
    settings : the organelle's entry in the config

    Returns
    -------
    `ORGANELLES`; where no cell qualifies, cell is 0 and the share is kept
    """
    cell, overlap = find_main_cells(objects["object"], overlaps, membership)
    count = objects["voxel_count"].to_numpy()
    fraction = overlap / count
    mapped = (fraction >= settings["min_overlap"]) & (cell != 0)
    mapped &= count >= settings["min_mapping_vx"]
    logging.info("%d of %d objects belong to a cell", mapped.sum(), len(objects))
    axes = list(zip("zyx", voxel_size_nm))
    table = objects.assign(
        cell=np.where(mapped, cell, np.uint64(0)),
        cell_fraction=fraction,
        volume_um3=count * float(np.prod(voxel_size_nm)) / 1e9,
        **{f"{a}_nm": (objects[f"{a}_vx"] + 0.5) * size for a, size in axes},
    )
    return table[ORGANELLES.columns]


def find_main_cells(
    objects: pd.Series, overlaps: pd.DataFrame, membership: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Find the cell that holds most of each object, and how many of its voxels.

    Parameters
    ----------
    objects : ids, ascending

    Returns
    -------
    (N,) uint64 cells, 0 = none; (N,) int64 voxels
    """
    pairs = overlaps.merge(membership, on="supervoxel", validate="m:1")
    pairs = pairs[pairs["cell"] != 0]
    sums = pairs.groupby(["object", "cell"], as_index=False)["voxel_count"].sum()
    order = sums.sort_values(
        ["object", "voxel_count", "cell"], ascending=[True, False, True]
    )
    best = order.drop_duplicates("object")
    place = np.searchsorted(objects.to_numpy(), best["object"].to_numpy())
    cell = np.zeros(len(objects), np.uint64)
    overlap = np.zeros(len(objects), np.int64)
    cell[place], overlap[place] = best["cell"], best["voxel_count"]
    return cell, overlap


def read_membership(paths: Sequence[str]) -> pd.DataFrame:
    """Supervoxels and their cells; no rows if the dataset has no supervoxels."""
    none = pd.DataFrame({name: np.zeros(0, np.uint64) for name in MEMBERSHIP})
    return pd.concat([none, *(read_table(path, MEMBERSHIP) for path in paths)])
