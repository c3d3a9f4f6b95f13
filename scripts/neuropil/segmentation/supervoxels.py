"""Supervoxels: a watershed of a map of membranes, the same for any chunks.

A watershed is not local, but its graph is. Each voxel climbs to its highest neighbour
in a strict order, so blocks find their basins by themselves; basins that a border cuts
are joined across the highest edge between them (Cousty et al. 2009, Watershed cuts).
Which basins join to supervoxels is then decided by the maximum spanning forest of the
graph of basins, and this graph is the same, however the volume is cut.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.basins import (
    PAIR,
    BasinTables,
    Forest,
    highest,
    match_rims,
    outer_rim,
    tabulate_basins,
)
from neuropil.grid import Box, Grid, Triple
from neuropil.instances import (
    BasinFile,
    BasinFrames,
    Walk,
    Write,
    label_chunk,
    link_labels,
    read_saddles,
)
from neuropil.kernels.dynamics import contract_shallow, join_shallow
from neuropil.kernels.runs import number_voxels
from neuropil.organelle_voxels import number_labels
from neuropil.segmentation.relief import STEPS_PER_NM, Relief
from neuropil.volumes.base import Volume

LOCAL_LABELS = {"labels": "uint32"}  # of a chunk: basins, numbered block by block
NO_SEED = 2**31 - 2  # no voxel is as high: basins grow from their highest voxels


class Recipe(NamedTuple):
    """How a map becomes supervoxels.

    Attributes
    ----------
    relief : heights that are flooded
    depth : basins that rise less than this above a saddle join there, in heights
    """

    relief: Relief
    depth: int

    @classmethod
    def of(cls, settings: dict, voxel_size_nm: Sequence[float]) -> Recipe:
        """Recipe of the config's section `segmentation`, for a voxel size (z, y, x)."""
        depth = round(STEPS_PER_NM * settings["depth_nm"])
        return cls(Relief.of(settings, voxel_size_nm), max(1, depth))

    def block_shape(self, shape: Triple) -> Triple:
        """Shape of the blocks to work on: one section each, if these are separate."""
        return (1, *shape[1:]) if self.relief.flat else shape


def label_block(
    volume: Volume, relief: Relief, block: Box
) -> tuple[np.ndarray, BasinTables]:
    """Label the basins of a block of a map, from 1.

    Returns
    -------
    (Z + 2, Y + 2, X + 2) uint32 labels, 0 around the block, and its tables
    """
    ring = block.grow((0, 1, 1) if relief.flat else 1)
    inside = ring.intersect(volume.box)
    read = inside.grow(relief.halo).intersect(volume.box)
    height = relief.measure(volume.read(read), inside.within(read))
    around = block.grow(1)
    beyond = np.subtract([inside.start, around.stop], [around.start, inside.stop])
    height = np.pad(height, beyond.T)
    return tabulate_basins(height, around, Forest(NO_SEED, 0, volume.box.stop))


def label_supervoxels(
    volume: Volume, recipe: Recipe, core: Box, walk: Walk, write: Write
) -> BasinFrames:
    """Label the basins of a chunk, block by block.

    Parameters
    ----------
    volume : uint8 map of membranes on the dataset's grid
    core : voxels of the chunk
    walk : calls a function on each block of the chunk (`blocks.map_blocks`)
    write : receives each block and its (Z, Y, X) uint32 labels, 0 in background
    """
    return label_chunk(
        functools.partial(label_block, volume, recipe.relief),
        lambda parts: join_blocks(parts, core, recipe.depth, volume.box.stop),
        walk,
        write,
    )


def join_blocks(
    parts: Sequence[BasinTables], box: Box, depth: int, shape: Triple
) -> tuple[np.ndarray, BasinTables]:
    """Join the basins of blocks that tile a box, as far as nothing outside matters.

    Parameters
    ----------
    parts : tables whose basins are numbered on through all blocks (`count_on`)
    depth : as in `Recipe`
    shape : of the volume that linear voxel indices refer to

    Returns
    -------
    group : (N,) uint32, basin of the box of each basin of the blocks, from 1
    tables of the box; saddles are those that the volume's forest may hold
    """
    basins, saddles, rim = (np.concatenate(tables) for tables in zip(*parts))
    saddles = highest(np.concatenate([saddles, match_rims(rim, rim, shape)]))
    rim = outer_rim(rim, box, shape)
    unfinished = np.zeros(len(basins), bool)
    unfinished[rim["basin"].astype(np.int64) - 1] = True
    basins["unfinished"] = unfinished
    ends = (saddles[name].astype(np.int64) - 1 for name in PAIR)
    level, peak = saddles["level"].astype(np.int64), basins["depth"].astype(np.int64)
    root, kept = contract_shallow(*ends, level, peak, unfinished, depth)
    roots, group = np.unique(root, return_inverse=True)
    group = (group + 1).astype(np.uint32)
    saddles = saddles[kept]
    for name in PAIR:
        saddles[name] = group[saddles[name].astype(np.int64) - 1]
    rim["basin"] = group[rim["basin"].astype(np.int64) - 1]
    return group, BasinTables(add_up(basins, roots, group), saddles, rim)


def add_up(basins: np.ndarray, roots: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Add up the rows of each group 1 .. N; the peak is that of its root."""
    joined = basins[roots]
    joined["basin"] = np.arange(1, len(roots) + 1)
    place = group.astype(np.int64) - 1
    joined["voxel_count"] = 0
    np.add.at(joined["voxel_count"], place, basins["voxel_count"])
    np.minimum.at(joined["first_index"], place, basins["first_index"])
    np.logical_or.at(joined["unfinished"], place, basins["unfinished"])
    return joined


def link_supervoxels(
    files: Sequence[BasinFile], grid: Grid, recipe: Recipe, least_um3: float
) -> pd.DataFrame:
    """Join the basins of all chunks to supervoxels, numbered by their first voxel.

    Holds the basins of all chunks, but the rims of only two chunks at a time.

    Parameters
    ----------
    files : of each chunk, in the grid's order
    least_um3 : smaller supervoxels join another one

    Returns
    -------
    `LINKS`: the supervoxel of each label of each chunk
    """
    voxel_nm = recipe.relief.lattice.voxel_size_nm
    parts = [file.read("basins") for file in files]
    offsets = np.cumsum([0, *map(len, parts)])
    basins = np.concatenate(parts)
    saddles = highest(read_saddles(files, grid, offsets))
    group = join_shallow(
        *(saddles[name].astype(np.int64) - 1 for name in PAIR),
        saddles["level"].astype(np.int64),
        basins["depth"].astype(np.int64),
        basins["voxel_count"].astype(np.int64),
        recipe.depth,
        round(least_um3 * 1e9 / float(np.prod(voxel_nm))),
    )
    number = number_groups(group, basins)
    logging.info("%d supervoxels of %d basins", number.max(initial=0), len(basins))
    links = [
        link_labels(chunk, f.read("fragments"), number[a:b])
        for chunk, f, a, b in zip(grid.chunks, files, offsets, offsets[1:])
    ]
    return pd.concat(links, ignore_index=True)


def write_supervoxels(
    read_labels: Callable, links: pd.DataFrame, walk: Walk, write: Write
) -> None:
    """Turn the labels of a chunk into supervoxels.

    Parameters
    ----------
    read_labels : gives the (Z, Y, X) uint32 labels of `label_supervoxels` in a block
    links : label, object, of the chunk
    walk : calls a function on each block of the chunk (`blocks.map_blocks`)
    write : receives each block with labels and its (Z, Y, X) uint64 supervoxels
    """
    numbers = number_labels(links)

    def apply(block: Box) -> None:
        labels = read_labels(block)
        supervoxels = np.zeros(labels.shape, np.uint64)
        if number_voxels(labels, numbers, supervoxels):
            write(block, supervoxels)

    for _ in walk(apply):
        pass


def number_groups(group: np.ndarray, basins: np.ndarray) -> np.ndarray:
    """Give groups numbers from 1 by their first voxels: (N,) uint64, of each basin."""
    _, place = np.unique(group, return_inverse=True)
    first = np.full(place.max(initial=-1) + 1, np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(first, place, basins["first_index"])
    number = np.empty(len(first), np.uint64)
    number[np.argsort(first)] = np.arange(1, len(first) + 1, dtype=np.uint64)
    return number[place]
