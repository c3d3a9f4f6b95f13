"""Lengths in nm on a grid of voxels, as whole numbers: steps, balls, squared radii.

Everything that decides about a voxel is an integer, so that no rounding depends on the
machine or on where a block begins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neuropil.errors import InputError
from neuropil.grid import Triple
from neuropil.kernels.bits import dilate, erode

PER_NM = 100  # lengths are rounded to 0.01 nm
LARGEST = 2**30  # of squared distances, so that sums of two fit int32


class Lattice(NamedTuple):
    """Voxel size as whole multiples of a unit of length (1 / `PER_NM` nm).

    >>> Lattice.of((25, 10, 10))
    Lattice(steps=(5, 2, 2), unit=500)
    """

    steps: Triple
    unit: int

    @classmethod
    def of(cls, voxel_size_nm: Sequence[float]) -> Lattice:
        """Find the largest unit that divides the voxel size (z, y, x) in nm."""
        sizes = [round(PER_NM * size) for size in voxel_size_nm]
        unit = math.gcd(*sizes)
        return cls(tuple(size // unit for size in sizes), unit)

    def squared(self, length_nm: float) -> int:
        """Square of a length in units, rounded down: ``d**2 > it`` iff d is longer.

        Raises
        ------
        InputError
            If the square does not fit the integers of the distance transform.
        """
        square = (round(PER_NM * length_nm)) ** 2 // self.unit**2
        if square >= LARGEST:
            longest = math.isqrt(LARGEST) * self.unit // PER_NM
            raise InputError(
                f"A length of {length_nm:g} nm is too long for voxels of "
                f"{self.voxel_size_nm} nm, expected at most {longest} nm. Use a "
                "shorter one, or give the voxel size with fewer digits."
            )
        return square

    @property
    def voxel_size_nm(self) -> tuple[float, float, float]:
        """Voxel size (z, y, x) in nm."""
        return tuple(step * self.unit / PER_NM for step in self.steps)

    def reach(self, square: int) -> Triple:
        """Voxels along z, y, x whose squared distance is not above ``square``."""
        return tuple(math.isqrt(square // step**2) for step in self.steps)


def ball_spans(lattice: Lattice, radius_nm: float) -> np.ndarray:
    """Voxels at most a radius away, as spans along x.

    Returns
    -------
    (N, 3) int64: dz, dy, and the half width along x; ascending in half width

    >>> ball_spans(Lattice.of((25, 10, 10)), 10).tolist()
    [[0, -1, 0], [0, 1, 0], [0, 0, 1]]
    """
    square = lattice.squared(radius_nm)
    step_z, step_y, step_x = lattice.steps
    far_z, far_y, _ = lattice.reach(square)
    spans = []
    for dz in range(-far_z, far_z + 1):
        for dy in range(-far_y, far_y + 1):
            rest = square - (dz * step_z) ** 2 - (dy * step_y) ** 2
            if rest >= 0:
                spans.append((dz, dy, math.isqrt(rest // step_x**2)))
    return np.array(sorted(spans, key=lambda span: span[2]), np.int64)


def span_reach(spans: np.ndarray) -> Triple:
    """Furthest voxels of a structuring element along z, y, x."""
    return tuple(int(v) for v in np.abs(spans).max(axis=0))


def open_close(
    words: np.ndarray, shape: Triple, opening: np.ndarray, closing: np.ndarray
) -> np.ndarray:
    """Open, then close a packed volume (`kernels.bits`) by structuring elements.

    What lies beyond the array is unknown: it neither removes nor adds voxels. A voxel
    is exact if the array reaches twice the sum of both elements around it.
    """
    _, ny, nx = shape
    for spans, first, second in ((opening, erode, dilate), (closing, dilate, erode)):
        if any(span_reach(spans)):
            words = second(first(words, ny, nx, spans), ny, nx, spans)
    return words
