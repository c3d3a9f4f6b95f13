"""Write volumes for Neuroglancer: tile by tile, each a shard file per level."""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import tensorstore as ts

from neuropil.blocks import map_blocks
from neuropil.cells import map_to_cells
from neuropil.exports.downsampling import halve
from neuropil.exports.files import read_info, write_json
from neuropil.exports.levels import Level
from neuropil.exports.morton import morton_code
from neuropil.exports.shards import Entry, write_shard
from neuropil.grid import Box, Triple
from neuropil.kernels.dense import number_sorted
from neuropil.storage import read_tables
from neuropil.volumes import open_role


class Source(NamedTuple):
    """Where the voxels of a level come from.

    Attributes
    ----------
    read : gives the voxels of a box, in voxels of the level
    dtype : of these
    """

    read: Callable[[Box], np.ndarray]
    dtype: np.dtype


def open_exported(
    dataset: dict, role: str, offset_vx: Triple, membership: pd.DataFrame | None
) -> Source:
    """Open what is exported, in voxels from the origin of space.

    Parameters
    ----------
    dataset : for `open_role`
    role : ``raw`` or ``supervoxels``
    offset_vx : of the dataset's first voxel, z, y, x
    membership : supervoxel, cell, to read cells in the place of supervoxels
    """
    volume = open_role(dataset, role)
    back = tuple(-a for a in offset_vx)

    def read(box: Box) -> np.ndarray:
        voxels = volume.read(box.shift(back))
        if membership is None:
            return voxels
        numbers, ids = number_sorted(voxels, (0, 0, 0), voxels.shape)
        return map_to_cells(ids, membership)[numbers]

    return Source(read, volume.dtype)


def read_membership(paths: Sequence[str]) -> pd.DataFrame | None:
    """Read the tables supervoxel, cell of some chunks; None if there are none."""
    return read_tables(paths).drop_duplicates() if len(paths) else None


def open_level(folder: Path, key: str) -> Source:
    """Open a level that is written."""
    keys = [scale["key"] for scale in read_info(folder)["scales"]]
    spec = {
        "driver": "neuroglancer_precomputed",
        "kvstore": {"driver": "file", "path": f"{folder.absolute()}/"},
        "scale_index": keys.index(key),
    }
    store = ts.open(spec, read=True, open=True).result()[..., 0]

    def read(box: Box) -> np.ndarray:
        return np.asarray(store[box.slices[::-1]].read().result()).T

    return Source(read, store.dtype.numpy_dtype)


def write_tile(
    paths: Iterable[str],
    levels: Sequence[Level],
    shard: str,
    source: Source,
    threads: int,
) -> None:
    """Write one tile of all levels of a stage.

    Parameters
    ----------
    paths : a shard file per level
    levels : of the stage
    shard : name of the tile
    source : of the first level
    threads : blocks at work at the same time
    """
    for number, (path, level) in enumerate(zip(paths, levels)):
        if number:
            source = halved(source, levels[number - 1], level)
        box = level.tiles[shard]
        voxels = np.zeros(box.shape, source.dtype)
        entries = list(encode_blocks(level, box, source, voxels, threads))
        write_shard(path, entries, level.sharding)
        source = held(voxels, box)
        logging.info("level %s, tile %s: %d blocks", level.key, shard, len(entries))


def write_overview(
    folder: str | os.PathLike, stages: list[list[Level]], info: dict, threads: int
) -> None:
    """Write what is made from a volume's finest stage: ``info``, and further stages.

    Parameters
    ----------
    folder : of the volume; holds the levels of the first stage
    """
    folder = Path(folder)
    write_json(folder / "info", info)
    for before, levels in itertools.pairwise(stages):
        finer = open_level(folder, before[-1].key)
        source = halved(finer, before[-1], levels[0])
        for shard in levels[0].tiles:
            paths = [folder / v.key / f"{shard}.shard" for v in levels]
            write_tile(paths, levels, shard, source, threads)


def held(voxels: np.ndarray, box: Box) -> Source:
    """Read voxels that are in memory."""
    return Source(lambda wanted: voxels[wanted.within(box)], voxels.dtype)


def halved(source: Source, finer: Level, coarser: Level) -> Source:
    """Read a level from the one that is finer by a step.

    Where the finer level ends within a voxel, its last voxels count twice.
    """
    steps = tuple(np.floor_divide(coarser.factor, finer.factor).tolist())

    def read(wanted: Box) -> np.ndarray:
        start = tuple(a * s for a, s in zip(wanted.start, steps))
        full = Box(start, tuple(b * s for b, s in zip(wanted.stop, steps)))
        inside = full.intersect(finer.box)
        missing = [(0, b - c) for b, c in zip(full.stop, inside.stop)]
        return halve(np.pad(source.read(inside), missing, mode="edge"), steps)

    return Source(read, source.dtype)


def encode_blocks(
    level: Level, tile_box: Box, source: Source, voxels: np.ndarray, threads: int
) -> Iterable[Entry]:
    """Encode the blocks of a tile; its voxels are left in ``voxels``."""
    whole = tile_box.intersect(level.box)

    def encode(block: Box) -> bytes:
        part = source.read(block)
        voxels[block.within(tile_box)] = part
        return encode_block(part)

    for block, data in map_blocks(encode, whole, level.block, threads):
        place = np.subtract(block.start, level.box.start) // level.block
        code = morton_code(place[None, ::-1], level.block_grid[::-1])
        yield Entry(int(code[0]), data)


def encode_block(voxels: np.ndarray) -> bytes:
    """Encode voxels (Z, Y, X): labels as compressed_segmentation, others as they are.

    Tensorstore encodes them, into a file that it keeps in memory.
    """
    if voxels.dtype != np.uint64:
        return voxels.astype(voxels.dtype.newbyteorder("<")).tobytes()
    size = list(voxels.shape[::-1])
    scale = {
        "key": "0",
        "size": size,
        "resolution": [1, 1, 1],
        "chunk_size": size,
        "encoding": "compressed_segmentation",
        "compressed_segmentation_block_size": [8, 8, 8],
    }
    spec = {
        "driver": "neuroglancer_precomputed",
        "kvstore": {"driver": "memory"},
        "multiscale_metadata": {
            "type": "segmentation",
            "data_type": "uint64",
            "num_channels": 1,
        },
        "scale_metadata": scale,
    }
    store = ts.open(spec, create=True, context=ts.Context()).result()
    store[..., 0].write(voxels.T).result()
    name = "_".join(f"0-{n}" for n in size)
    return store.kvstore.read(f"0/{name}").result().value
