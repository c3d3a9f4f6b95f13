"""The lattice of samples that meshes are made from, and which chunk owns which cubes.

Every n-th voxel along an axis, counted from the dataset's origin, is a sample, so that
any chunk grid samples the same voxels. Marching cubes works on cubes of eight samples;
a cube belongs to the chunk that holds its lower sample, so that each is meshed once.
Beyond the volume lie samples of background, and surfaces are closed there.

Vertices of marching cubes lie halfway between two samples. Counted in half samples from
the origin their coordinates are whole numbers, and equal in all chunks that see them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from neuropil.blocks import map_blocks
from neuropil.grid import Box, Triple


class Lattice(NamedTuple):
    """Samples of a volume: every ``factors``-th voxel of its box, along z, y, x."""

    factors: Triple
    volume: Box

    @classmethod
    def of(
        cls, sample_nm: float, voxel_size_nm: Sequence[float], volume: Box
    ) -> Lattice:
        """Lattice whose samples are about ``sample_nm`` apart.

        >>> Lattice.of(40, (25, 10, 10), Box.of((9, 9, 9))).factors
        (2, 4, 4)
        """
        factors = [max(1, round(sample_nm / size)) for size in voxel_size_nm]
        return cls(tuple(factors), volume)

    def owned(self, core: Box) -> Box:
        """List the samples at the lower corners of the cubes that a chunk owns.

        Where the chunk begins the volume, these are one sample more: of background.
        """
        begins = [a == b for a, b in zip(core.start, self.volume.start)]
        start, stop = self._samples(core)
        return Box(tuple(a - first for a, first in zip(start, begins)), stop)

    def _samples(self, box: Box) -> Box:
        ends = [[-(-v // f) for v, f in zip(end, self.factors)] for end in box]
        return Box(*map(tuple, ends))

    def read(
        self,
        read: Callable[[Box], np.ndarray],
        samples: Box,
        block_shape: Triple,
        threads: int,
    ) -> np.ndarray:
        """Labels (uint64) of samples, 0 beyond the volume; reads it block by block.

        Parameters
        ----------
        read : gives the labels of a box of voxels
        samples : box of samples
        block_shape : (z, y, x), of voxels to be read at a time
        threads : blocks at work at the same time
        """
        every = tuple(slice(None, None, f) for f in self.factors)

        def load(part: Box) -> np.ndarray:
            first = tuple(a * f for a, f in zip(part.start, self.factors))
            last = tuple((b - 1) * f + 1 for b, f in zip(part.stop, self.factors))
            return read(Box(first, last))[every]

        labels = np.zeros(samples.shape, np.uint64)
        inside = samples.intersect(self._samples(self.volume))
        shape = tuple(max(1, n // f) for n, f in zip(block_shape, self.factors))
        if inside.size:
            for part, values in map_blocks(load, inside, shape, threads):
                labels[part.within(samples)] = values
        return labels

    def to_nm(self, vertices: np.ndarray, voxel_size_nm: Sequence[float]) -> np.ndarray:
        """Positions (N, 3) float64 in nm of vertices (N, 3) given in half samples.

        A sample stands for the centre of its voxel. What would lie beyond the border of
        the volume is put onto it.
        """
        places = vertices * (np.array(self.factors) / 2) + 0.5
        places = np.clip(places, self.volume.start, self.volume.stop)
        return places * np.array(voxel_size_nm, float)


def sample_reach(settings: Mapping | None, voxel_size_nm: Sequence[float]) -> Triple:
    """How many voxels (z, y, x) beyond its high faces a chunk reads for meshes.

    Parameters
    ----------
    settings : of what is meshed, with sample_nm; None if nothing is
    voxel_size_nm : (z, y, x)

    >>> sample_reach({"sample_nm": 40}, (25, 10, 10)), sample_reach(None, (9, 9, 9))
    ((2, 4, 4), (1, 1, 1))
    """
    if settings is None:
        return (1, 1, 1)
    return Lattice.of(settings["sample_nm"], voxel_size_nm, Box.of((1, 1, 1))).factors
