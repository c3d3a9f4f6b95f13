"""Organelles: the voxels of their objects in a chunk, and what these overlap."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from neuropil.grid import Box
from neuropil.kernels.runs import number_voxels
from neuropil.partials import merge_partial_objects, merge_partial_points
from neuropil.properties import Walk, extract_overlaps, point_bins
from neuropil.storage import read_table
from neuropil.volumes import open_role
from neuropil.volumes.base import Volume

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
    links : label, object, of the chunk (`read_links`)
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


def read_links(path: str | os.PathLike, chunk: str) -> pd.DataFrame:
    """Read what a table of `LINKS` holds of one chunk; nothing else is decoded."""
    return read_table(path, ["label", "object"], ("chunk", [chunk]))


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
