"""Boxes of voxels, the chunk grid, and linear voxel indices.

Every coordinate is a global voxel coordinate of the dataset, in z, y, x order.
A box is half open: it holds the voxels ``start <= v < stop``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

Triple = tuple[int, int, int]
CHUNK_PATTERN = r"z\d\d\d+_y\d\d\d+_x\d\d\d+"  # Snakemake takes no {3,} in a wildcard


def as_triple(value: int | Triple) -> Triple:
    """Repeat a number for z, y and x; leave a triple as it is."""
    if isinstance(value, int):
        return (value, value, value)
    z, y, x = value
    return (int(z), int(y), int(x))


class Box(NamedTuple):
    """A half-open box of voxels: ``start`` (z, y, x) up to, not with, ``stop``."""

    start: Triple
    stop: Triple

    @classmethod
    def of(cls, shape: Triple, start: Triple = (0, 0, 0)) -> Box:
        """Box of a shape at a start."""
        return cls(as_triple(start), tuple(s + n for s, n in zip(start, shape)))

    @classmethod
    def around(cls, places: np.ndarray) -> Box:
        """Smallest box that holds voxels (N, 3); an empty one if there are none."""
        if not len(places):
            return cls((0, 0, 0), (0, 0, 0))
        low, high = places.min(axis=0), places.max(axis=0) + 1
        return cls(tuple(low.tolist()), tuple(high.tolist()))

    @property
    def shape(self) -> Triple:
        """Voxels along z, y, x; 0 where the box is empty."""
        return tuple(max(0, b - a) for a, b in zip(self.start, self.stop))

    @property
    def size(self) -> int:
        """Number of voxels."""
        z, y, x = self.shape
        return z * y * x

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """Index of this box in an array of the whole dataset."""
        return tuple(slice(a, b) for a, b in zip(self.start, self.stop))

    def grow(self, before: int | Triple, after: int | Triple | None = None) -> Box:
        """Extend by ``before`` voxels below and ``after`` above (default: the same)."""
        lower = as_triple(before)
        upper = lower if after is None else as_triple(after)
        return Box(
            tuple(a - n for a, n in zip(self.start, lower)),
            tuple(b + n for b, n in zip(self.stop, upper)),
        )

    def shift(self, offset: Triple) -> Box:
        """Move by an offset in voxels."""
        return Box(
            tuple(a + n for a, n in zip(self.start, offset)),
            tuple(b + n for b, n in zip(self.stop, offset)),
        )

    def intersect(self, other: Box) -> Box:
        """Voxels that both boxes hold; its shape has a 0 if there are none."""
        start = tuple(max(a, b) for a, b in zip(self.start, other.start))
        stop = tuple(min(a, b) for a, b in zip(self.stop, other.stop))
        return Box(start, tuple(max(a, b) for a, b in zip(start, stop)))

    def within(self, outer: Box) -> tuple[slice, slice, slice]:
        """Index of this box in an array that covers ``outer``.

        >>> Box((2, 2, 2), (3, 4, 5)).within(Box((1, 2, 0), (9, 9, 9)))
        (slice(1, 2, None), slice(0, 2, None), slice(2, 5, None))
        """
        return self.shift(tuple(-a for a in outer.start)).slices


def tile(box: Box, shape: Triple) -> list[Box]:
    """Cut a box into blocks of a shape, z slowest; the last ones may be smaller."""
    ranges = [
        [(a, min(a + n, stop)) for a in range(start, stop, n)]
        for start, stop, n in zip(box.start, box.stop, shape)
    ]
    return [Box(*zip(*edges)) for edges in itertools.product(*ranges)]


@dataclass(frozen=True)
class Grid:
    """Chunks that tile a box: each voxel is owned by exactly one chunk.

    Chunks are named by their index in the grid, ``z000_y001_x002``, so that names
    sort as positions do.
    """

    box: Box
    chunk_shape: Triple

    @property
    def shape(self) -> Triple:
        """Number of chunks along z, y, x."""
        return tuple(-(-n // c) for n, c in zip(self.box.shape, self.chunk_shape))

    @property
    def chunks(self) -> list[str]:
        """Names of all chunks, z slowest."""
        return [self.name(i) for i in np.ndindex(*self.shape)]

    def slabs(self, count: int) -> dict[str, list[str]]:
        """Chunks in runs of a number of them, by the name of the run: 000, 001, ..."""
        chunks = self.chunks
        runs = range(0, len(chunks), count)
        return {f"{i:03d}": chunks[a : a + count] for i, a in enumerate(runs)}

    @staticmethod
    def name(index: Triple) -> str:
        """Name of the chunk at an index of the grid."""
        z, y, x = index
        return f"z{z:03d}_y{y:03d}_x{x:03d}"

    @staticmethod
    def index(name: str) -> Triple:
        """Index in the grid of a chunk; the reverse of `name`."""
        if not re.fullmatch(CHUNK_PATTERN, name):
            raise ValueError(f"{name!r} is no chunk name such as z000_y001_x002.")
        z, y, x = (int(part[1:]) for part in name.split("_"))
        return z, y, x

    def core(self, name: str) -> Box:
        """Voxels that a chunk owns, cut at the end of the dataset's box."""
        start = tuple(
            a + i * c
            for a, i, c in zip(self.box.start, self.index(name), self.chunk_shape)
        )
        return Box.of(self.chunk_shape, start).intersect(self.box)

    def neighbours(self, name: str) -> list[str]:
        """Names of the up to 26 chunks that touch a chunk."""
        return list(self._around(self.index(name)))

    def above(self, name: str) -> list[str]:
        """Names of the up to 7 chunks that touch a chunk at its high faces."""
        here = self.index(name)
        around = ((other, self.index(other)) for other in self.neighbours(name))
        return [other for other, at in around if all(a >= b for a, b in zip(at, here))]

    def _around(self, index: Triple) -> Iterator[str]:
        for step in itertools.product((-1, 0, 1), repeat=3):
            other = tuple(i + d for i, d in zip(index, step))
            inside = all(0 <= i < n for i, n in zip(other, self.shape))
            if any(step) and inside:
                yield self.name(other)


def voxel_index(z, y, x, shape: Triple) -> np.ndarray:
    """Linear index (uint64) of voxels in a volume of a shape, x fastest.

    Its order is the z, y, x scan order of the whole volume, for any chunk grid.
    """
    z, y, x = (np.asarray(v).astype(np.uint64) for v in (z, y, x))
    ny, nx = np.uint64(shape[1]), np.uint64(shape[2])
    return (z * ny + y) * nx + x


def voxel_coordinates(index, shape: Triple) -> tuple[np.ndarray, ...]:
    """Coordinates z, y, x (int64) of linear indices; the reverse of `voxel_index`."""
    index = np.asarray(index, np.uint64)
    ny, nx = np.uint64(shape[1]), np.uint64(shape[2])
    row = index // nx
    return tuple(v.astype(np.int64) for v in (row // ny, row % ny, index % nx))
