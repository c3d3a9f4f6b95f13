"""Resolution levels of an exported volume, and who writes which of its files.

Each level halves the voxels along the axes where they are finest, until the whole
volume is one small block: voxels come near to cubes first, and stay so. A tile is what
one job writes: a cube, or nearly, that is one shard file of each level of a stage. The
finest level of the next stage is made from the coarsest of this one. Tiles follow from
the dataset and not from its chunks, so that chunks change no file.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neuropil.exports.morton import coordinate_bits, morton_code
from neuropil.exports.shards import Sharding
from neuropil.grid import Box, Grid, Triple

BLOCK = 64**3  # most voxels of a block, the smallest part that viewers read
NEARLY_EQUAL = math.sqrt(2)  # voxel sizes up to this ratio are halved together


class Level(NamedTuple):
    """One resolution of a volume.

    Attributes
    ----------
    factor : voxels of the dataset in one of the level, z, y, x
    box : voxels of the level that hold the volume
    tile, block : shapes of a tile and of a block, in voxels of the level
    sharding : of its blocks, such that a shard is a tile
    resolution_nm : voxel size, z, y, x
    """

    factor: Triple
    box: Box
    tile: Triple
    block: Triple
    sharding: Sharding
    resolution_nm: tuple[float, float, float]

    @property
    def key(self) -> str:
        """Name of its folder: the voxel size x, y, z."""
        return "_".join(f"{size:g}" for size in self.resolution_nm[::-1])

    @property
    def tile_grid(self) -> Triple:
        """Number of tiles along z, y, x."""
        return tuple(-(-n // t) for n, t in zip(self.box.shape, self.tile))

    @property
    def block_grid(self) -> Triple:
        """Number of blocks along z, y, x."""
        return tuple(-(-n // b) for n, b in zip(self.box.shape, self.block))

    @property
    def tiles(self) -> dict[str, Box]:
        """Box of each tile, not cut at the volume's end, by the name of its shard."""
        places = np.argwhere(np.ones(self.tile_grid, bool))
        codes = morton_code(places[:, ::-1], self.tile_grid[::-1])
        starts = (places * self.tile + self.box.start).tolist()
        return {
            self.sharding.name(code): Box.of(self.tile, tuple(start))
            for code, start in sorted(zip(codes.tolist(), starts))
        }


def plan_levels(
    box: Box, voxel_size_nm: Sequence[float], tile_vx: int
) -> list[list[Level]]:
    """Plan the levels of a volume, stage by stage, the finest first.

    Parameters
    ----------
    box : of the volume; it grows downwards, to where the coarsest level has a voxel
    voxel_size_nm : (z, y, x)
    tile_vx : longest side of a tile, a power of two
    """
    factors = plan_factors(box.shape, voxel_size_nm)
    start = tuple(a // f * f for a, f in zip(box.start, factors[-1]))
    box, stages = Box(start, box.stop), []
    while factors:
        tile = tile_shape(np.multiply(factors[0], voxel_size_nm), tile_vx)
        steps = [tuple(b // a for a, b in zip(factors[0], f)) for f in factors]
        kept = [step for step in steps if fits(step, tile)] or steps[:1]
        pairs = zip(factors, (tuple(np.floor_divide(tile, s).tolist()) for s in kept))
        stages.append([make_level(box, voxel_size_nm, *pair) for pair in pairs])
        factors = factors[len(kept) :]
    return stages


def plan_factors(shape: Triple, voxel_size_nm: Sequence[float]) -> list[Triple]:
    """Voxels of the dataset per voxel of each level, along z, y, x.

    >>> plan_factors((64, 256, 256), (40, 10, 10))
    [(1, 1, 1), (1, 2, 2), (1, 4, 4)]
    """
    factors = [(1, 1, 1)]
    while math.prod(-(-n // f) for n, f in zip(shape, factors[-1])) > BLOCK:
        sizes = np.multiply(factors[-1], voxel_size_nm)
        steps = np.where(sizes <= sizes.min() * NEARLY_EQUAL, 2, 1)
        factors.append(tuple(np.multiply(factors[-1], steps).tolist()))
    return factors


def tile_shape(sizes_nm: np.ndarray, tile_vx: int) -> Triple:
    """Shape of a tile, near to a cube in nm, of powers of two.

    >>> tile_shape(np.array([40, 10, 10]), 512)
    (128, 512, 512)
    """
    parts = np.rint(np.log2(sizes_nm / sizes_nm.min())).astype(int)
    return tuple(max(1, tile_vx >> part) for part in parts.tolist())


def fits(step: Triple, tile: Triple) -> bool:
    """Whether a tile that is made coarser by a step still is at least a block."""
    whole = all(t % s == 0 for t, s in zip(tile, step))
    return whole and math.prod(tile) // math.prod(step) >= BLOCK


def make_level(
    box: Box, voxel_size_nm: Sequence[float], factor: Triple, tile: Triple
) -> Level:
    """Describe the level of a factor, whose tiles are halved until they are blocks."""
    halvings = 0
    while math.prod(tile) >> 3 * halvings > BLOCK and min(tile) >> halvings > 1:
        halvings += 1
    block = tuple(t >> halvings for t in tile)
    own = Box(
        tuple(a // f for a, f in zip(box.start, factor)),
        tuple(-(-b // f) for b, f in zip(box.stop, factor)),
    )
    grid = [-(-n // b) for n, b in zip(own.shape, block)]
    inside = sum(min(bits, halvings) for bits in coordinate_bits(grid))
    tiles = sum(coordinate_bits([-(-n // t) for n, t in zip(own.shape, tile)]))
    sharding = Sharding(tiles, 0, inside, "identity")
    sizes = tuple(float(f * s) for f, s in zip(factor, voxel_size_nm))
    return Level(factor, own, tile, block, sharding, sizes)


def chunks_under(grid: Grid, box: Box) -> list[str]:
    """Names of the chunks that hold voxels of a box."""
    inside = box.intersect(grid.box)
    ranges = [
        range((a - start) // n, -(-(b - start) // n))
        for a, b, start, n in zip(*inside, grid.box.start, grid.chunk_shape)
    ]
    return [grid.name(index) for index in itertools.product(*ranges)]


def place_voxels(offset_nm: Sequence[float], voxel_size_nm: Sequence[float]) -> Triple:
    """Whole voxels (z, y, x) from the origin of space to the dataset's first voxel.

    An offset that is no whole number of voxels is rounded; all that is exported for
    viewers moves by the same.
    """
    return tuple(round(o / s) for o, s in zip(offset_nm, voxel_size_nm))


def describe_volume(stages: list[list[Level]], dtype: str, links: dict) -> dict:
    """Write the ``info`` of a volume.

    Parameters
    ----------
    stages : of `plan_levels`
    dtype : uint64 for labels, uint8 or uint16 for images
    links : folders beside it: mesh, skeletons, segment_properties
    """
    is_labels = dtype == "uint64"
    return {
        "@type": "neuroglancer_multiscale_volume",
        "type": "segmentation" if is_labels else "image",
        "data_type": dtype,
        "num_channels": 1,
        "scales": [describe_level(v, is_labels) for stage in stages for v in stage],
        **links,
    }


def describe_level(level: Level, is_labels: bool) -> dict:
    """Write a level as it stands in an ``info`` file."""
    coding = {"encoding": "raw"}
    if is_labels:
        coding = {
            "encoding": "compressed_segmentation",
            "compressed_segmentation_block_size": [8, 8, 8],
        }
    return {
        "key": level.key,
        "size": list(level.box.shape[::-1]),
        "resolution": list(level.resolution_nm[::-1]),
        "voxel_offset": list(level.box.start[::-1]),
        "chunk_sizes": [list(level.block[::-1])],
        "sharding": level.sharding.describe(),
        **coding,
    }
