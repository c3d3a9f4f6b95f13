"""Basins of a watershed as tables that join across blocks and chunks.

The watershed is a maximum spanning forest over voxels (`kernels.basins`). Each block
contributes its basins, the highest edges between them, and its rim: voxels whose
neighbour across the block's border is foreground. Joining blocks adds the edges across
their borders and contracts what no longer depends on anything outside; the same step
joins blocks to a chunk and chunks to the volume.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.grid import Box, Triple, voxel_coordinates, voxel_index
from neuropil.kernels.basins import (
    find_saddles,
    grow_forest,
    label_basins,
    list_rim,
    tally_basins,
)
from neuropil.schemas.organelles import BASINS, RIM, SADDLES

PAIR = ["basin_a", "basin_b"]
ORDER = ["level", "index", "top", "direction"]  # of saddles, highest first


class BasinTables(NamedTuple):
    """Basins of a block or chunk (`BASINS`), saddles (`SADDLES`) and rim (`RIM`)."""

    basins: pd.DataFrame
    saddles: pd.DataFrame
    rim: pd.DataFrame


def tabulate_basins(
    level: np.ndarray, seed_level: int, ring: Box, shape: Triple
) -> tuple[np.ndarray, BasinTables]:
    """Label and tabulate the basins of a block.

    Parameters
    ----------
    level : (Z + 2, Y + 2, X + 2) int32
        Squared distance to the background of the block's voxels and of one voxel
        around it; 0 is background, also where the volume ends.
    seed_level : voxels above it are seeds
    ring : Box that the array covers
    shape : of the volume that linear voxel indices refer to

    Returns
    -------
    (Z + 2, Y + 2, X + 2) uint32 labels from 1, 0 around the block; and the tables
    """
    labels, places, count = label_basins(level, seed_level)
    tally = tally_basins(level, labels, places, count, seed_level)
    saddles = find_saddles(level, labels, places)
    rim = list_rim(level, labels)
    flat = [tally[:, 2], tally[:, 4], saddles[:, 3], rim[:, 1]]
    index = global_index(np.concatenate(flat), ring, shape)
    first, deepest, low, border = np.split(
        index, np.cumsum([len(f) for f in flat[:-1]])
    )
    unfinished = np.zeros(count, bool)
    unfinished[rim[:, 2] - 1] = True
    basins = [*tally[:, :2].T, first, tally[:, 3], deepest, unfinished]
    edges = [*saddles[:, :3].T, low, *saddles[:, 4:].T]
    depth = level.reshape(-1)[rim[:, 1]]
    return labels, BasinTables(
        make_frame(BASINS, [np.arange(1, count + 1), *basins]),
        make_frame(SADDLES, edges),
        make_frame(RIM, [rim[:, 0], border, rim[:, 2], depth]),
    )


def make_frame(schema, columns: Sequence[np.ndarray]) -> pd.DataFrame:
    """Put columns into a frame with the names and types of a schema."""
    return pd.DataFrame(
        {f.name: np.asarray(c).astype(f.dtype) for f, c in zip(schema.fields, columns)}
    )


def global_index(places: np.ndarray, box: Box, shape: Triple) -> np.ndarray:
    """Linear index in the volume of flat places in an array that covers a box."""
    coordinates = np.unravel_index(places, box.shape)
    return voxel_index(*(c + a for c, a in zip(coordinates, box.start)), shape)


def match_rims(below: pd.DataFrame, above: pd.DataFrame, shape: Triple) -> pd.DataFrame:
    """Find the edges across the borders that two sets of rims have in common.

    Parameters
    ----------
    below, above : `RIM` rows; voxels of ``below`` whose neighbour is above are matched
        with voxels of ``above`` whose neighbour is below

    Returns
    -------
    `SADDLES`: the highest edge of each two basins
    """
    parts = [empty_frame(SADDLES)]
    for axis in range(3):
        lower = below[below["direction"] == 5 - axis]
        upper = above[above["direction"] == axis]
        stride = np.uint64(np.prod(shape[axis + 1 :], dtype=np.uint64))
        _, i, j = np.intersect1d(
            lower["index"].to_numpy() + stride,
            upper["index"].to_numpy(),
            assume_unique=True,
            return_indices=True,
        )
        parts.append(cross_edges(lower.iloc[i], upper.iloc[j], axis))
    return highest(pd.concat(parts, ignore_index=True))


def cross_edges(lower: pd.DataFrame, upper: pd.DataFrame, axis: int) -> pd.DataFrame:
    """Edges between matched rim voxels; of equal depth, the later one is the lower."""
    a, b = (frame["depth"].to_numpy() for frame in (lower, upper))
    rises = a < b  # from the voxel below to the one above
    return make_frame(
        SADDLES,
        [
            lower["basin"],
            upper["basin"],
            np.minimum(a, b),
            np.where(rises, lower["index"], upper["index"]),
            np.maximum(a, b),
            np.where(rises, 5 - axis, axis),
        ],
    )


def empty_frame(schema) -> pd.DataFrame:
    """Make a frame of a schema without rows."""
    return make_frame(schema, [[]] * len(schema.fields))


def highest(saddles: pd.DataFrame) -> pd.DataFrame:
    """Sort edges, highest first, and keep the first of each two basins."""
    pair = np.sort(saddles[PAIR].to_numpy(), axis=1)
    saddles = saddles.assign(basin_a=pair[:, 0], basin_b=pair[:, 1])
    saddles = saddles.sort_values(
        ORDER, ascending=[False, True, False, True], ignore_index=True
    )
    return saddles.drop_duplicates(PAIR, ignore_index=True)


def contract(
    basins: pd.DataFrame, saddles: pd.DataFrame, seed_level: int, min_seed: int
) -> tuple[np.ndarray, pd.DataFrame, pd.DataFrame]:
    """Join basins as far as no foreground outside of them can change it.

    Parameters
    ----------
    basins : `BASINS` with ``basin`` = 1 .. N, in this order
    saddles : `SADDLES`

    Returns
    -------
    group : (N,) uint32, new basin of each basin, 0 = background
    basins, saddles : tables of the new basins
    """
    saddles = highest(saddles)
    root, seeds, kept = grow_forest(
        saddles["basin_a"].to_numpy(np.int64) - 1,
        saddles["basin_b"].to_numpy(np.int64) - 1,
        saddles["level"].to_numpy() > seed_level,
        basins["unfinished"].to_numpy(bool),
        basins["seed_count"].to_numpy(np.int64),
        min_seed,
    )
    roots = np.unique(root[root >= 0])
    number = np.zeros(len(basins) + 1, np.uint32)  # the last one is for root -1
    number[roots] = np.arange(1, roots.size + 1)
    group = number[root]
    joined = join_rows(basins, group).assign(seed_count=seeds[roots])
    saddles = saddles[kept].reset_index(drop=True)
    for end in PAIR:
        saddles[end] = group[saddles[end].to_numpy() - 1]
    return group, joined[BASINS.columns], saddles


def join_rows(basins: pd.DataFrame, group: np.ndarray) -> pd.DataFrame:
    """Add up the rows of each group 1 .. N; rows of group 0 are left out."""
    rows = basins.assign(basin=group)[group != 0]
    rows = rows.sort_values(["depth", "deepest_index"], ascending=[False, True])
    return rows.groupby("basin", as_index=False).agg(
        voxel_count=("voxel_count", "sum"),
        first_index=("first_index", "min"),
        depth=("depth", "first"),
        deepest_index=("deepest_index", "first"),
        unfinished=("unfinished", "max"),
    )


def count_on(frame: pd.DataFrame, offset: int) -> pd.DataFrame:
    """Let the basins that a table names count on from an offset."""
    ends = [c for c in ("basin", *PAIR) if c in frame.columns]
    return frame.assign(**{c: frame[c].astype(np.int64) + offset for c in ends})


def join_basins(
    parts: Sequence[BasinTables],
    box: Box,
    shape: Triple,
    seed_level: int,
    min_seed: int,
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
    basins, saddles, rim = (pd.concat(p, ignore_index=True) for p in zip(*parts))
    saddles = pd.concat([saddles, match_rims(rim, rim, shape)], ignore_index=True)
    rim = outer_rim(rim, box, shape)
    basins = basins.assign(unfinished=basins["basin"].isin(rim["basin"]))
    group, basins, saddles = contract(basins, saddles, seed_level, min_seed)
    rim = rim.assign(basin=group[rim["basin"].to_numpy() - 1])
    return group, BasinTables(basins, saddles, rim)


def outer_rim(rim: pd.DataFrame, box: Box, shape: Triple) -> pd.DataFrame:
    """Keep the rim voxels whose neighbour lies outside of a box."""
    coordinates = np.stack(voxel_coordinates(rim["index"].to_numpy(), shape))
    direction = rim["direction"].to_numpy()
    axis = np.minimum(direction, 5 - direction)
    place = coordinates[axis, np.arange(axis.size)]
    border = np.array([*box.start, *np.subtract(box.stop, 1)[::-1]])
    return rim[place == border[direction]].reset_index(drop=True)
