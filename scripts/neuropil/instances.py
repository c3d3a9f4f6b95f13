"""Organelle instances: from a probability map to numbered objects.

Threshold, opening, closing; seeds where the object is deeper than ``erosion_nm``; and
a watershed on the distance to the background that splits touching objects (Schubert et
al. 2022, Methods, "Organelle instance segmentation"). Every step is exact: the result
does not depend on chunks, blocks or threads.
"""

from __future__ import annotations

import functools
import logging
import math
import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.basins import (
    BasinTables,
    Forest,
    contract,
    count_on,
    join_basins,
    make_rows,
    match_rims,
    tabulate_basins,
)
from neuropil.grid import Box, Grid, Triple, voxel_coordinates
from neuropil.kernels.basins import count_on_inside
from neuropil.kernels.bits import pack_above
from neuropil.kernels.distance import squared_distance
from neuropil.morphology import Lattice, ball_spans, open_close, span_reach
from neuropil.schemas.organelles import (
    BASINS,
    FRAGMENTS,
    RIM,
    SADDLES,
    SEEDED,
)
from neuropil.storage import PACKED, as_table, reading_hdf5
from neuropil.volumes.base import Volume
from neuropil.whole_files import replacing_hdf5

Walk = Callable[[Callable], Iterator[tuple]]
Slices = tuple[slice, slice, slice]
Write = Callable[[Box, np.ndarray], None]
DEPTH_NM = 60  # how far below the seeds' border the deepest voxel is told


class Recipe(NamedTuple):
    """How a map becomes objects, in whole numbers of voxels and of the lattice's unit.

    ``threshold`` is for uint8 maps; ``seed_level`` and ``cap`` are squared distances.
    """

    threshold: int
    opening: np.ndarray
    closing: np.ndarray
    lattice: Lattice
    seed_level: int
    cap: int
    min_seed: int

    @classmethod
    def of(cls, settings: dict, voxel_size_nm: Sequence[float]) -> Recipe:
        """Recipe of an organelle's entry in the config, for a voxel size (z, y, x)."""
        lattice = Lattice.of(voxel_size_nm)
        seed_level = lattice.squared(settings["erosion_nm"])
        deep = lattice.squared(settings["erosion_nm"] + DEPTH_NM)
        return cls(
            threshold=math.floor(round(255 * settings["threshold"], 6)),
            opening=ball_spans(lattice, settings["opening_nm"]),
            closing=ball_spans(lattice, settings["closing_nm"]),
            lattice=lattice,
            seed_level=seed_level,
            cap=max(deep, seed_level + 1),
            min_seed=settings["min_seed_vx"],
        )

    def forest(self, box: Box) -> Forest:
        """How basins join in a volume of which a box is given."""
        return Forest(self.seed_level, self.min_seed, box.stop)

    @property
    def halo(self) -> Triple:
        """Voxels around a block that its basins depend on."""
        reaches = [*[span_reach(s) for s in (self.opening, self.closing)] * 2]
        reaches += [self.lattice.reach(self.cap), (1, 1, 1)]
        return tuple(sum(r) for r in zip(*reaches))


def measure_depth(
    values: np.ndarray, recipe: Recipe, part: Slices = (slice(None),) * 3
) -> np.ndarray:
    """Squared distance to the background of a map's foreground.

    Parameters
    ----------
    values : (Z, Y, X) uint8, 0 to 255
        A voxel's result is exact if the array holds `Recipe.halo` around it, or ends
        where the volume ends.
    part : of the voxels, that is wanted

    Returns
    -------
    int32 of the part in units of the recipe's lattice, at most its cap; 0 is background
    """
    words = pack_above(values, recipe.threshold)
    if words.any():
        words = open_close(words, values.shape, recipe.opening, recipe.closing)
    lattice = recipe.lattice
    return squared_distance(words, values.shape, lattice.steps, recipe.cap, part)


class BasinFrames(NamedTuple):
    """Tables of a chunk: `FRAGMENTS`, `BASINS`, `SADDLES`, `RIM`."""

    fragments: pd.DataFrame
    basins: pd.DataFrame
    saddles: pd.DataFrame
    rim: pd.DataFrame


def label_block(
    volume: Volume, recipe: Recipe, block: Box
) -> tuple[np.ndarray, BasinTables]:
    """Label the basins of a block of a map, from 1.

    Returns
    -------
    (Z + 2, Y + 2, X + 2) uint32 labels, 0 around the block, and its tables
    """
    ring = block.grow(1)
    inside = ring.intersect(volume.box)
    read = block.grow(recipe.halo).intersect(volume.box)
    level = measure_depth(volume.read(read), recipe, inside.within(read))
    if inside != ring:
        beyond = np.subtract([inside.start, ring.stop], [ring.start, inside.stop])
        level = np.pad(level, beyond.T)
    return tabulate_basins(level, ring, recipe.forest(volume.box))


def label_organelles(
    volume: Volume, recipe: Recipe, core: Box, walk: Walk, write: Write
) -> BasinFrames:
    """Label the basins of a chunk, block by block.

    Parameters
    ----------
    volume : uint8 map on the dataset's grid
    core : voxels of the chunk
    walk : calls a function on each block of the chunk (`blocks.map_blocks`)
    write : receives each block with foreground and its (Z, Y, X) uint32 labels
    """
    return label_chunk(
        functools.partial(label_block, volume, recipe),
        lambda parts: join_basins(parts, core, recipe.forest(volume.box)),
        walk,
        write,
    )


def label_chunk(
    label: Callable, join: Callable, walk: Walk, write: Write
) -> BasinFrames:
    """Label the basins of a chunk, block by block, and join them.

    Parameters
    ----------
    label : gives the labels of a block with a voxel around it, and their `BasinTables`
    join : gives the basin of each label, 0 = background, and the tables of the chunk
    walk, write : as for `label_organelles`
    """
    parts, count = [], 0
    for block, (labels, tables) in walk(label):
        parts.append(BasinTables(*(count_on(table, count) for table in tables)))
        if len(tables.basins):
            write(block, count_on_inside(labels, count))
        count += len(tables.basins)
    group, tables = join(parts)
    fragments = make_rows(FRAGMENTS, [np.arange(1, count + 1), group])
    logging.info("%d labels in %d basins", count, len(tables.basins))
    tables = [fragments[group != 0], *tables]
    return BasinFrames(*(pd.DataFrame.from_records(rows) for rows in tables))


class BasinFile(NamedTuple):
    """The tables that `label_organelles` gave for one chunk, in one HDF5 file."""

    path: str | os.PathLike

    def read(self, name: str, offset: int = 0) -> np.ndarray:
        """Rows of a table, whose basins count on from an offset."""
        with reading_hdf5(self.path) as file:
            return count_on(file[name][()], offset)


def save_basins(tables: BasinFrames, path: str | os.PathLike) -> None:
    """Write the tables of a chunk, each sorted by its keys, to one file."""
    with replacing_hdf5(path) as file:
        schemas = (FRAGMENTS, BASINS, SADDLES, RIM)
        for name, frame, schema in zip(tables._fields, tables, schemas):
            frame = as_table(frame, schema).to_pandas()
            rows = make_rows(schema, [frame[c] for c in frame])
            packed = PACKED if len(rows) else {}
            file.create_dataset(name, data=rows, track_times=False, **packed)


def link_organelles(
    files: Sequence[BasinFile], grid: Grid, recipe: Recipe, min_size: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join the basins of all chunks to objects, and number them.

    Holds the basins of all chunks, but the rims of only two chunks at a time.

    Parameters
    ----------
    files : of each chunk, in the grid's order
    min_size : objects of fewer voxels are dropped

    Returns
    -------
    `LINKS` of all chunks; and `SEEDED`, the objects
    """
    forest = recipe.forest(grid.box)
    parts = [file.read("basins") for file in files]
    offsets = np.cumsum([0, *map(len, parts)])
    basins = np.concatenate(parts)
    basins["unfinished"] = False
    saddles = read_saddles(files, grid, offsets)
    group, joined, _ = contract(basins, saddles, forest)
    number, objects = number_objects(joined, forest.shape, min_size)
    final = number[group]
    logging.info("%d objects of %d basins", len(objects), len(basins))
    links = [
        link_labels(chunk, f.read("fragments"), final[a:b])
        for chunk, f, a, b in zip(grid.chunks, files, offsets, offsets[1:])
    ]
    return pd.concat(links, ignore_index=True), objects


def read_saddles(
    files: Sequence[BasinFile], grid: Grid, offsets: np.ndarray
) -> np.ndarray:
    """Read the edges inside of chunks, and find those across their borders.

    Their basins count on through all chunks: chunk i's begin after ``offsets[i]``.
    """
    parts = []
    for place, index in enumerate(np.ndindex(*grid.shape)):
        parts.append(files[place].read("saddles", offsets[place]))
        rim = files[place].read("rim", offsets[place])
        for axis in np.flatnonzero(index):
            before = place - math.prod(grid.shape[axis + 1 :])
            below = files[before].read("rim", offsets[before])
            along = rim[rim["direction"] == axis]
            parts.append(match_rims(below, along, grid.box.stop))
    return np.concatenate(parts)


def number_objects(
    basins: np.ndarray, shape: Triple, min_size: int
) -> tuple[np.ndarray, pd.DataFrame]:
    """Give the objects that are large enough numbers from 1, by their first voxel.

    Parameters
    ----------
    basins : `BASINS` with ``basin`` = 1 .. N, one row per object
    shape : of the volume that linear voxel indices refer to

    Returns
    -------
    (N + 1,) uint64: number of each basin from 0 on, 0 = none; and `SEEDED`
    """
    kept = np.sort(basins[basins["voxel_count"] >= min_size], order="first_index")
    numbers = np.arange(1, len(kept) + 1, dtype=np.uint64)
    number = np.zeros(len(basins) + 1, np.uint64)
    number[kept["basin"]] = numbers
    place = voxel_coordinates(kept["deepest_index"], shape)
    rows = make_rows(SEEDED, [numbers, kept["voxel_count"], *place])
    return number, pd.DataFrame.from_records(rows)


def link_labels(chunk: str, fragments: np.ndarray, number: np.ndarray) -> pd.DataFrame:
    """`LINKS` of a chunk: the object number of each label's basin."""
    found = number[fragments["basin"].astype(np.int64) - 1]
    links = {"chunk": chunk, "label": fragments["label"], "object": found}
    return pd.DataFrame(links)[found != 0]
