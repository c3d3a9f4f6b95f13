"""Connected parts of true cells: what one can join without leaving the volume.

A cell that enters a volume in several places is one cell to who knows all of it, and
several to who sees the volume alone. Scores against its parts ask for no more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import cc3d
import numpy as np
import pandas as pd

from neuropil.grid import Box, tile
from neuropil.stitching import distinct_pairs, union_find
from neuropil.volumes.base import Volume

LABELS = {"labels": "uint32"}
SLAB_VOXELS = 2**24  # held at a time; the volume alone says how it is cut


def label_components(
    truth: Volume,
    write: Callable[[Box, np.ndarray], None],
    slab_voxels: int = SLAB_VOXELS,
) -> pd.DataFrame:
    """Label the connected parts (26 neighbours) of true cells, slab by slab.

    Parameters
    ----------
    truth : volume of labels
    write : receives each slab of sections and its (Z, Y, X) uint32 labels, 0 outside
    slab_voxels : voxels to hold at a time, at least one section

    Returns
    -------
    label, component (the least label of the same part), cell
    """
    depth = max(1, slab_voxels // max(1, truth.box.size // truth.box.shape[0]))
    cells, pairs = [np.zeros(1, np.uint64)], [np.zeros((0, 2), np.int64)]
    last, count = None, 0
    for slab in tile(truth.box, (depth, *truth.box.shape[1:])):
        voxels = truth.read(slab.grow((int(last is not None), 0, 0), 0))
        parts, number = cc3d.connected_components(
            voxels, connectivity=26, return_N=True
        )
        cell = np.zeros(number + 1, np.uint64)
        cell[parts] = voxels
        labels = np.where(parts, parts + np.uint32(count), 0).astype(np.uint32)
        if last is not None:  # whose section comes first here, labelled once more
            both = np.stack([last[last > 0], labels[0][last > 0]], axis=1)
            pairs.append(distinct_pairs(both.astype(np.int64)))
        last = labels[-1]
        write(slab, labels[-slab.shape[0] :])
        cells.append(cell[1:])
        count += number
    return tabulate(np.concatenate(cells), np.concatenate(pairs))


def tabulate(cells: np.ndarray, pairs: np.ndarray) -> pd.DataFrame:
    """Table of labels 1 .. N whose cells are (N + 1,); (P, 2) pairs are one part."""
    component = union_find(len(cells), pairs)
    logging.info("%d parts of %d cells", len({*component}) - 1, len({*cells}) - 1)
    table = {"label": np.arange(len(cells)), "component": component, "cell": cells}
    return pd.DataFrame(table).astype("u8").drop(0, axis=0)


def as_arrays(components: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Component, and cell, of each label from 0 on: two (N + 1,) uint64."""
    ordered = components.sort_values("label")
    columns = (ordered[name].to_numpy(np.uint64) for name in ("component", "cell"))
    return tuple(np.concatenate([np.zeros(1, np.uint64), c]) for c in columns)
