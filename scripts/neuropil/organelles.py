"""Organelles: their voxels, what they overlap, and the cells they belong to.

`instances` finds the objects; here each chunk counts what it holds of them, and tables
map them to cells.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from neuropil.grid import Box
from neuropil.kernels.runs import number_voxels
from neuropil.properties import (
    PLACES,
    Walk,
    extract_overlaps,
    merge_partial_objects,
    merge_partial_points,
    point_bins,
)
from neuropil.schemas.organelles import OBJECTS, ORGANELLES
from neuropil.storage import read_table
from neuropil.volumes import open_role
from neuropil.volumes.base import Volume

MEMBERSHIP = ["supervoxel", "cell"]
Read = Callable[[Box], np.ndarray]
Write = Callable[[Box, np.ndarray], None]


def extract_organelles(
    read_labels: Read,
    links: pd.DataFrame,
    supervoxels: Volume,
    walk: Walk,
    write: Write,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Turn the labels of a chunk into objects, and count what they overlap.

    Parameters
    ----------
    read_labels : gives the (Z, Y, X) uint32 labels of `label_organelles` in a block
    links : `LINKS` of the chunk
    supervoxels : volume of uint64
    walk : calls a function on each block of the chunk (`blocks.map_blocks`)
    write : receives each block with labels and its (Z, Y, X) uint64 objects

    Returns
    -------
    `PARTIAL_OBJECTS` and `PARTIAL_POINTS` of the chunk
    """
    numbers = number_labels(links)
    bins = point_bins(supervoxels.voxel_size_nm)

    def extract(block: Box) -> pd.DataFrame:
        labels = read_labels(block)
        objects = np.zeros(labels.shape, np.uint64)
        if number_voxels(labels, numbers, objects):
            write(block, objects)
        else:
            labels = labels[:0]
        around = supervoxels.read(Box.of(labels.shape, block.start))
        rows = extract_overlaps(labels, np.ascontiguousarray(around), block.start, bins)
        rows["object"] = numbers.take(rows["object"].to_numpy(np.int64), mode="clip")
        return rows[rows["object"] != 0]

    rows = [table for _, table in walk(extract)]
    objects = merge_partial_objects(rows)
    logging.info("%d objects in this chunk", len(objects))
    return objects, merge_partial_points(rows)


def number_labels(links: pd.DataFrame) -> np.ndarray:
    """Object of each label, (L,) uint64; the last entry is 0, for all labels beyond."""
    numbers = np.zeros(int(links["label"].max()) + 2 if len(links) else 1, np.uint64)
    numbers[links["label"].to_numpy()] = links["object"].to_numpy()
    return numbers


def open_supervoxels(dataset: dict, organelle: str) -> Volume:
    """Supervoxels of a dataset; if it has none, a volume of zeros like a map."""
    if "supervoxels" in dataset["volumes"]:
        return open_role(dataset, "supervoxels")
    volume = open_role(dataset, organelle)
    return replace(volume, dtype=np.dtype("u8"), box=Box.of((0, 0, 0)))


def merge_organelles(
    parts: Iterable[pd.DataFrame], seeded: pd.DataFrame
) -> pd.DataFrame:
    """`OBJECTS` from the partial tables of all chunks and a voxel in each object."""
    table = merge_partial_objects(parts)
    places = seeded[["object", *PLACES]]
    return table.merge(places, on="object", validate="1:1")[OBJECTS.columns]


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
