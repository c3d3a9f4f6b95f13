"""Basins of a watershed as tables that join across blocks and chunks.

The watershed is a maximum spanning forest over voxels (`kernels.basins`). Each block
contributes its basins, the highest edges between them, and its rim: voxels whose
neighbour across the block's border is foreground. Joining blocks adds the edges across
their borders and contracts what no longer depends on anything outside; the same step
joins blocks to a chunk and chunks to the volume.

Tables are structured arrays here, since blocks are many and their tables small.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neuropil.grid import Box, Triple, voxel_coordinates, voxel_index
from neuropil.kernels.basins import (
    find_saddles,
    label_basins,
    list_rim,
    tally_basins,
)
from neuropil.kernels.forest import grow_forest
from neuropil.schemas.base import Schema
from neuropil.schemas.organelles import BASINS, RIM, SADDLES

PAIR = ("basin_a", "basin_b")


class BasinTables(NamedTuple):
    """Basins of a block or chunk: rows of `BASINS`, `SADDLES` and `RIM`."""

    basins: np.ndarray
    saddles: np.ndarray
    rim: np.ndarray


class Forest(NamedTuple):
    """What decides how basins join: the seeds' level, their least size, the volume.

    Voxels of a squared distance above ``seed_level`` are seeds; seeds of fewer voxels
    than ``min_seed`` are none. Linear voxel indices are those of a volume of ``shape``.
    """

    seed_level: int
    min_seed: int
    shape: Triple


def make_rows(schema: Schema, columns: Sequence[np.ndarray]) -> np.ndarray:
    """Put columns into a structured array with the names and types of a schema."""
    dtype = np.dtype([(field.name, field.dtype) for field in schema.fields])
    rows = np.empty(len(columns[0]), dtype)
    for field, column in zip(schema.fields, columns):
        rows[field.name] = column
    return rows


def tabulate_basins(
    level: np.ndarray, ring: Box, forest: Forest
) -> tuple[np.ndarray, BasinTables]:
    """Label and tabulate the basins of a block.

    Parameters
    ----------
    level : (Z + 2, Y + 2, X + 2) int32
        Squared distance to the background of the block's voxels and of one voxel
        around it; 0 is background, also where the volume ends.
    ring : Box that the array covers

    Returns
    -------
    (Z + 2, Y + 2, X + 2) uint32 labels from 1, 0 around the block; and the tables
    """
    labels, places, count = label_basins(level, forest.seed_level)
    tally = tally_basins(level, labels, places, count, forest.seed_level)
    saddles = find_saddles(level, labels, places)
    rim = list_rim(level, labels)
    flat = [tally[:, 2], tally[:, 4], saddles[:, 3], rim[:, 1]]
    coordinates = np.unravel_index(np.concatenate(flat), ring.shape)
    index = voxel_index(*(c + a for c, a in zip(coordinates, ring.start)), forest.shape)
    first, deepest, low, border = np.split(index, np.cumsum([len(f) for f in flat[:3]]))
    unfinished = np.zeros(count, bool)
    unfinished[rim[:, 2] - 1] = True
    basins = [*tally[:, :2].T, first, tally[:, 3], deepest, unfinished]
    depth = level.reshape(-1)[rim[:, 1]]
    return labels, BasinTables(
        make_rows(BASINS, [np.arange(1, count + 1), *basins]),
        make_rows(SADDLES, [*saddles[:, :3].T, low, *saddles[:, 4:].T]),
        make_rows(RIM, [rim[:, 0], border, rim[:, 2], depth]),
    )


def count_on(rows: np.ndarray, offset: int) -> np.ndarray:
    """Let the basins that a table names count on from an offset."""
    rows = rows.copy()
    for name in ("basin", *PAIR):
        if name in rows.dtype.names:
            rows[name] += np.uint32(offset)
    return rows


def match_rims(below: np.ndarray, above: np.ndarray, shape: Triple) -> np.ndarray:
    """Find the edges across the borders that two sets of rims have in common.

    Parameters
    ----------
    below, above : `RIM` rows; voxels of ``below`` whose neighbour is above are matched
        with voxels of ``above`` whose neighbour is below

    Returns
    -------
    `SADDLES`: the highest edge of each two basins
    """
    parts = []
    for axis in range(3):
        lower = below[below["direction"] == 5 - axis]
        upper = above[above["direction"] == axis]
        stride = np.uint64(np.prod(shape[axis + 1 :], dtype=np.uint64))
        _, i, j = np.intersect1d(
            lower["index"] + stride,
            upper["index"],
            assume_unique=True,
            return_indices=True,
        )
        parts.append(cross_edges(lower[i], upper[j], axis))
    return highest(np.concatenate(parts))


def cross_edges(lower: np.ndarray, upper: np.ndarray, axis: int) -> np.ndarray:
    """Edges between matched rim voxels; of equal depth, the later one is the lower."""
    rises = lower["depth"] < upper["depth"]  # from the voxel below to the one above
    columns = [
        lower["basin"],
        upper["basin"],
        np.minimum(lower["depth"], upper["depth"]),
        np.where(rises, lower["index"], upper["index"]),
        np.maximum(lower["depth"], upper["depth"]),
        np.where(rises, 5 - axis, axis),
    ]
    return make_rows(SADDLES, columns)


def highest(saddles: np.ndarray) -> np.ndarray:
    """Sort edges, highest first, and keep the first of each two basins."""
    falling = (-saddles[name].astype(np.int64) for name in ("level", "top"))
    level, top = falling
    saddles = saddles[np.lexsort((saddles["direction"], top, saddles["index"], level))]
    a, b = (np.uint64(saddles[name]) for name in PAIR)
    saddles["basin_a"], saddles["basin_b"] = np.minimum(a, b), np.maximum(a, b)
    pair = np.minimum(a, b) << np.uint64(32) | np.maximum(a, b)
    _, first = np.unique(pair, return_index=True)
    return saddles[np.sort(first)]


def contract(
    basins: np.ndarray, saddles: np.ndarray, forest: Forest
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Join basins as far as no foreground outside of them can change it.

    Parameters
    ----------
    basins : `BASINS` with ``basin`` = 1 .. N, in this order
    saddles : `SADDLES`

    Returns
    -------
    group : (N,) uint32, new basin of each basin, 0 = background
    basins, saddles : rows of the new basins
    """
    saddles = highest(saddles)
    root, seeds, kept = grow_forest(
        saddles["basin_a"].astype(np.int64) - 1,
        saddles["basin_b"].astype(np.int64) - 1,
        saddles["level"] > forest.seed_level,
        np.ascontiguousarray(basins["unfinished"]),
        np.ascontiguousarray(basins["seed_count"]),
        forest.min_seed,
    )
    roots = np.unique(root[root >= 0])
    number = np.zeros(len(basins) + 1, np.uint32)  # the last one is for root -1
    number[roots] = np.arange(1, roots.size + 1)
    group = number[root]
    joined = join_rows(basins, group)
    joined["seed_count"] = seeds[roots]
    saddles = saddles[kept]
    for name in PAIR:
        saddles[name] = group[saddles[name].astype(np.int64) - 1]
    return group, joined, saddles


def join_rows(basins: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Add up the rows of each group 1 .. N; rows of group 0 are left out."""
    inside = group != 0
    basins, group = basins[inside], group[inside]
    depth = -basins["depth"].astype(np.int64)
    order = np.lexsort((basins["deepest_index"], depth, group))
    basins, group = basins[order], group[order]
    first = np.flatnonzero(np.diff(group, prepend=0))
    joined = basins[first]
    if first.size:
        joined["basin"] = group[first]
        joined["voxel_count"] = np.add.reduceat(basins["voxel_count"], first)
        joined["first_index"] = np.minimum.reduceat(basins["first_index"], first)
        joined["unfinished"] = np.logical_or.reduceat(basins["unfinished"], first)
    return joined


def join_basins(
    parts: Sequence[BasinTables], box: Box, forest: Forest
) -> tuple[np.ndarray, BasinTables]:
    """Join the basins of blocks that tile a box.

    Parameters
    ----------
    parts : tables whose basins are numbered on through all blocks (`count_on`)

    Returns
    -------
    group : (N,) uint32, basin of the box of each basin of the blocks, 0 = background
    tables of the box
    """
    basins, saddles, rim = (np.concatenate(tables) for tables in zip(*parts))
    saddles = np.concatenate([saddles, match_rims(rim, rim, forest.shape)])
    rim = outer_rim(rim, box, forest.shape)
    basins["unfinished"] = False
    basins["unfinished"][rim["basin"].astype(np.int64) - 1] = True
    group, basins, saddles = contract(basins, saddles, forest)
    rim["basin"] = group[rim["basin"].astype(np.int64) - 1]
    return group, BasinTables(basins, saddles, rim)


def outer_rim(rim: np.ndarray, box: Box, shape: Triple) -> np.ndarray:
    """Keep the rim voxels whose neighbour lies outside of a box."""
    coordinates = np.stack(voxel_coordinates(rim["index"], shape))
    axis = np.minimum(rim["direction"], 5 - rim["direction"])
    place = coordinates[axis, np.arange(axis.size)]
    border = np.array([*box.start, *np.subtract(box.stop, 1)[::-1]])
    return rim[place == border[rim["direction"]]]
