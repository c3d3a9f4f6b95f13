"""Thick parts of cells in a tile: without their holes, and with the surface seen there.

The depth of a voxel is its distance from the nearest one outside of its cell. A tile
sees no further than its halo: where the nearest surface lies beyond, depth comes out
too large, by as much as it goes on there. So thick parts keep the surface that is seen,
and `somata.py` measures from the surfaces of all tiles.

Holes count as inside: a nucleus is often another object, and segmentations have specks.
A hole may open on a face of what a tile sees if it is a hole of that face's section,
too, but not on two, as the bed of a neurite that passes through. One that opens on an
edge or corner looks just like the outside of a soma, and stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cc3d
import edt
import numpy as np
from scipy import ndimage

from neuropil.grid import Box
from neuropil.skeletons.tiles import Tile

SURFACE_NM = 250.0  # of a surface, a place is kept in each cube so long


class Solid(NamedTuple):
    """The voxels of a cell in a tile, and its holes.

    Attributes
    ----------
    start : voxel of the tile's box where the arrays begin
    holes : (Z, Y, X) bool
    depth : (Z, Y, X) float32, nm from a voxel to the nearest one outside that is seen
    surface : (S, 3) int64, voxels of the lattice that are outside, next to the cell
    """

    start: tuple[int, int, int]
    holes: np.ndarray
    depth: np.ndarray
    surface: np.ndarray

    def complete(
        self, mask: np.ndarray, low: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Fill the holes of an object of the cell.

        Parameters
        ----------
        mask : (Z, Y, X) bool, the object, connected (26 neighbours)
        low : voxel of the tile's box where it begins

        Returns
        -------
        the object with its holes, connected, and its depth
        """
        begin = np.subtract(low, self.start)
        at = tuple(slice(a, a + n) for a, n in zip(begin, mask.shape))
        parts = cc3d.connected_components(mask | self.holes[at], connectivity=26)
        return parts == parts.flat[mask.argmax()], self.depth[at]


def find_solids(
    numbers: np.ndarray,
    depth: np.ndarray,
    tile: Tile,
    sizes: Sequence[float],
    least_nm: float,
) -> dict[int, Solid]:
    """Find the cells that are thick in a tile.

    Parameters
    ----------
    numbers : (Z, Y, X) of the cells, 0 for none, in all that the tile sees
    depth : (Z, Y, X) float32, nm to the nearest voxel of another number
    tile : where they lie
    sizes : of a voxel (z, y, x), in nm
    least_nm : thick is what is deeper anywhere in the tile's box
    """
    inner = tile.box.within(tile.view)
    thick = np.unique(numbers[inner][depth[inner] > least_nm])
    return {
        int(number): make_solid(numbers == number, tile, sizes)
        for number in thick[thick != 0]
    }


def make_solid(mask: np.ndarray, tile: Tile, sizes: Sequence[float]) -> Solid:
    """Fill the holes of a cell, mask (Z, Y, X) of what a tile sees, and measure it."""
    found = [np.flatnonzero(mask.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    seen = Box(*zip(*((int(v[0]), int(v[-1]) + 1) for v in found)))
    # Where the cell ends before the view does, a plane of what is outside.
    around = seen.grow((1, 1, 1)).intersect(Box.of(mask.shape))
    own = mask[around.slices]
    solid = fill_holes(own)
    depth = edt.edt(solid, tuple(map(float, sizes)), black_border=bool(solid.all()))
    if solid.all():
        depth += np.linalg.norm(np.multiply(mask.shape, sizes))  # no end of it is seen
    surface = np.argwhere(ndimage.binary_dilation(solid) & ~solid)
    surface = thin_places(surface + around.start + tile.view.start, sizes)
    first = tile.box.shift([-v for v in tile.view.start])
    inner = around.intersect(first)
    at = inner.within(around)
    start = tuple(a - b for a, b in zip(inner.start, first.start))
    return Solid(start, (solid & ~own)[at], np.ascontiguousarray(depth[at]), surface)


def fill_holes(mask: np.ndarray) -> np.ndarray:
    """Fill the holes of a mask (Z, Y, X) bool, also those cut open by one face."""
    parts = cc3d.connected_components(~mask, connectivity=6)
    count = int(parts.max()) + 1
    outside, opens = np.zeros(count, bool), np.zeros(count, np.int64)
    for section, part in zip(faces(mask), faces(parts)):
        hole = ndimage.binary_fill_holes(section) & ~section
        outside[part[~section & ~hole]] = True
        opens[np.unique(part[hole])] += 1
    filled = ~outside & (opens <= 1)
    filled[0] = True  # the mask
    return filled[parts]


def faces(array: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the six faces of an array (Z, Y, X)."""
    for axis in range(3):
        for at in (0, -1):
            yield np.ascontiguousarray(np.take(array, at, axis))


def thin_places(places: np.ndarray, sizes: Sequence[float]) -> np.ndarray:
    """Keep the first of the voxels (S, 3) in each cube of `SURFACE_NM`."""
    cube = (places * np.asarray(sizes) // SURFACE_NM).astype(np.int64)
    cube -= cube.min(axis=0, initial=0)
    key = np.ravel_multi_index(cube.T, cube.max(axis=0, initial=0) + 1)
    _, first = np.unique(key, return_index=True)
    return places[np.sort(first)]
