"""An object as the kernels of skeletons walk over it."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from neuropil.kernels.teasar import UNSEEN, spread_distances

MOVES = np.array([m for m in itertools.product((-1, 0, 1), repeat=3) if any(m)], "i2")


class Frame(NamedTuple):
    """What the kernels need to walk over the voxels of a padded crop.

    Attributes
    ----------
    inside : (N,) uint8, 1 in the object
    shape, sizes : (3,) of the crop; of a voxel in nm
    count : voxels of the object
    steps, lengths : (26,) uint64, float32; index and length in nm of a step
    ring, buffers : room to work in
    """

    inside: np.ndarray
    shape: tuple[int, int, int]
    sizes: np.ndarray
    count: int
    steps: np.ndarray
    lengths: np.ndarray
    ring: np.ndarray
    buffers: tuple

    @classmethod
    def of(cls, inside: np.ndarray, sizes: np.ndarray) -> Frame:
        """Make room for an object: inside (Z, Y, X) uint8, sizes (3,) in nm."""
        count, total = int(np.count_nonzero(inside)), inside.size
        strides = np.array([inside[0].size, inside.shape[2], 1])
        steps = (MOVES @ strides).astype(np.int64).view(np.uint64)
        lengths = np.linalg.norm(MOVES * sizes, axis=1).astype(np.float32)
        bins = int(lengths.max() / lengths.min() * 1.02) + 3
        search = (
            np.full(total, np.inf, np.float32),
            np.full(total, UNSEEN),
            np.zeros(total, np.uint8),
            np.empty(count, np.uint32),
            np.empty(count, np.uint32),
        )
        queue = (
            np.empty(count, np.uint32),
            np.empty(count, np.uint32),
            np.empty((count, 3), np.int16),
        )
        buffers = (steps, MOVES, lengths, search, queue)
        ring = np.empty((bins, count), np.uint32)
        return cls(
            inside.ravel(), inside.shape, sizes, count, steps, lengths, ring, buffers
        )

    def spread(self, sources: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Voxels, nearest first, and the way in nm to each from the nearest source."""
        distance = np.full(self.inside.size, np.inf, np.float32)
        order = np.empty(self.count, np.uint32)
        out = (distance, order, self.ring)
        spread_distances(self.inside, sources, self.steps, self.lengths, out)
        return order, distance
