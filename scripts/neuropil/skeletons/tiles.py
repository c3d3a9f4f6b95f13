"""Where skeletons are traced: tiles of a coarse lattice of voxels.

Skeletons are traced on every n-th voxel along each axis, counted from the dataset's
origin, and tile by tile. Neighbouring tiles share a plane of the lattice. The tiles
follow from the dataset's box alone, not from the chunk grid, so that skeletons are the
same for any; a chunk's job does the tiles whose middle lies in the chunk.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from neuropil.grid import Box, Grid, Triple


class Tile(NamedTuple):
    """A tile, in voxels of the lattice (voxel i of it is voxel i * step).

    Attributes
    ----------
    box : what is traced, with the planes shared with the next tiles
    view : what is looked at to know how deep inside of a cell the box's voxels lie
    shared : per axis whether a tile lies below, and above
    """

    box: Box
    view: Box
    shared: tuple[tuple[bool, bool], tuple[bool, bool], tuple[bool, bool]]

    @property
    def owned(self) -> Box:
        """The box without the planes that the next tiles own."""
        stop = (b - high for b, (_, high) in zip(self.box.stop, self.shared))
        return Box(self.box.start, tuple(stop))


def lattice_step(voxel_size_nm: Sequence[float], spacing_nm: float) -> Triple:
    """Voxels from one voxel of the lattice to the next, at least one.

    >>> lattice_step((25, 10, 10), 25), lattice_step((40, 4.6, 4.6), 25)
    ((1, 2, 2), (1, 5, 5))
    """
    return tuple(max(1, round(spacing_nm / size)) for size in voxel_size_nm)


def plan_tiles(
    box: Box, voxel_size_nm: Sequence[float], settings: Mapping
) -> tuple[Triple, list[Tile]]:
    """Cut a box into as few equal tiles as are no longer than a limit.

    Parameters
    ----------
    box : of the dataset
    voxel_size_nm : (z, y, x)
    settings : voxel_nm, spacing of the lattice; tile_nm, longest side of a tile;
        halo_nm, how far tiles look beyond their box

    Returns
    -------
    step of the lattice, in voxels; tiles, z slowest
    """
    step = lattice_step(voxel_size_nm, settings["voxel_nm"])
    longest = settings["tile_nm"]
    axes = [
        cut_axis(-(-start // n), (stop - 1) // n, longest / (n * size))
        for start, stop, n, size in zip(box.start, box.stop, step, voxel_size_nm)
    ]
    reach = settings["halo_nm"]
    halo = tuple(math.ceil(reach / (n * s)) for n, s in zip(step, voxel_size_nm))
    tiles = []
    for parts in itertools.product(*axes):
        ends, shared = zip(*parts)
        inner = Box(*zip(*ends))
        whole = Box(*zip(*((axis[0][0][0], axis[-1][0][1]) for axis in axes)))
        tiles.append(Tile(inner, inner.grow(halo).intersect(whole), shared))
    return step, tiles


def cut_axis(first: int, last: int, longest: float) -> list[tuple]:
    """Cut lattice voxels first..last into pieces that share a voxel with the next.

    >>> cut_axis(0, 9, 5)
    [((0, 5), (False, True)), ((4, 10), (True, False))]
    """
    if last < first:
        return []
    count = max(1, -(-(last - first) // max(1, int(longest))))
    edges = [first + (last - first) * i // count for i in range(count + 1)]
    return [
        ((low, high + 1), (i > 0, i < count - 1))
        for i, (low, high) in enumerate(itertools.pairwise(edges))
    ]


def tiles_of(grid: Grid, chunk: str, step: Triple, tiles: Sequence[Tile]) -> list[Tile]:
    """Tiles whose middle lies in a chunk."""
    core = grid.core(chunk)

    def is_inside(tile: Tile) -> bool:
        middle = [
            (a + b - 1) // 2 * n for a, b, n in zip(tile.box.start, tile.box.stop, step)
        ]
        return all(a <= v < b for v, a, b in zip(middle, core.start, core.stop))

    return [tile for tile in tiles if is_inside(tile)]


def voxel_box(tile: Tile, step: Triple) -> Box:
    """Voxels of the dataset from the first to the last one that a tile looks at."""
    start, stop = tile.view
    last = ((b - 1) * n + 1 for b, n in zip(stop, step))
    return Box(tuple(a * n for a, n in zip(start, step)), tuple(last))


def chunks_behind(grid: Grid, boxes: Sequence[Box]) -> list[str]:
    """Chunks that hold voxels of boxes, but for the last plane along each axis.

    What is known of a chunk's supervoxels reaches one voxel beyond its high faces.
    """
    wanted = [
        Box(box.start, tuple(max(a + 1, b - 1) for a, b in zip(*box))) for box in boxes
    ]
    return [
        chunk
        for chunk in grid.chunks
        if any(grid.core(chunk).intersect(box).size for box in wanted)
    ]
