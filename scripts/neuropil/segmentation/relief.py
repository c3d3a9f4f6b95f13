"""The relief that a watershed floods: heights that rise towards the middle of cells.

A voxel's height is its distance to membranes, and more where the map is low. It depends
on the map within `Relief.halo` alone, and all of it is computed in whole numbers: it is
the same in whatever block it is computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neuropil.grid import Triple
from neuropil.kernels.bits import pack_above
from neuropil.kernels.distance import squared_distance
from neuropil.kernels.relief import (
    FULL,
    TAP_BITS,
    raise_heights,
    smooth_across,
    smooth_rows,
    split_map,
)
from neuropil.morphology import PER_NM, Lattice

STEPS_PER_NM = 4  # heights are in quarters of a nanometre
Slices = tuple[slice, slice, slice]


def bell_taps(sigma_vx: float) -> np.ndarray:
    """Weights of a Gaussian filter, (2 r + 1,) int32; a single one if it is too narrow.

    >>> bell_taps(0.5).tolist()
    [1, 436, 3222, 436, 1]
    """
    whole = 1 << TAP_BITS
    reach = math.ceil(2.5 * sigma_vx) if sigma_vx >= 0.3 else 0
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma_vx, 1e-9)) ** 2)
    taps = np.rint(whole * weights / weights.sum()).astype(np.int32)
    taps[reach] += whole - taps.sum()
    return taps


class Relief(NamedTuple):
    """How a map of membranes becomes heights, in whole numbers.

    Attributes
    ----------
    taps : weights of the filter along z, y, x
    limit : greatest value of the smoothed map that is inside of a cell
    lattice : unit of squared distances
    cap, reach : squared distances: the greatest that counts, and how far membranes are
        from the inside of a cell if they still belong to it
    weight : height of a voxel where the map is 0, beside its distance
    flat : whether each section is by itself
    """

    taps: tuple[np.ndarray, np.ndarray, np.ndarray]
    limit: int
    lattice: Lattice
    cap: int
    reach: int
    weight: int
    flat: bool

    @classmethod
    def of(cls, settings: dict, voxel_size_nm: Sequence[float]) -> Relief:
        """Relief of the config's section `segmentation`, for a voxel size (z, y, x)."""
        lattice = Lattice.of(voxel_size_nm)
        sigmas = [settings["smooth_nm"] / size for size in voxel_size_nm]
        if settings["sections"]:
            sigmas[0] = 0.0
        return cls(
            taps=tuple(bell_taps(sigma) for sigma in sigmas),
            limit=math.floor(round(FULL * settings["threshold"], 6)),
            lattice=lattice,
            cap=max(1, lattice.squared(settings["cap_nm"])),
            reach=lattice.squared(settings["membrane_nm"]),
            weight=round(STEPS_PER_NM * settings["map_nm"]),
            flat=settings["sections"],
        )

    @property
    def halo(self) -> Triple:
        """Voxels around a box that its heights depend on."""
        far = self.lattice.reach(max(self.cap, self.reach + 1))
        reach = [n + t.size // 2 for n, t in zip(far, self.taps)]
        return (0 if self.flat else reach[0], *reach[1:])

    def measure(self, values: np.ndarray, part: Slices) -> np.ndarray:
        """Heights of a part of a map, in quarters of a nm; 0 is background.

        Parameters
        ----------
        values : (Z, Y, X) uint8, 0 inside of cells, 255 in membranes
            A voxel's height is exact if the array holds `halo` around it, or ends where
            the volume ends. One section, if these are by themselves.
        part : of the voxels, that is wanted

        Returns
        -------
        (Z, Y, X) int32 of the part
        """
        smooth = self.smooth(values)
        inside, outside = (np.empty(values.shape, np.uint8) for _ in range(2))
        split_map(smooth, self.limit, inside, outside)
        depth, away = (
            squared_distance(
                pack_above(mask, 0), mask.shape, self.lattice.steps, cap, part
            )
            for mask, cap in ((inside, self.cap), (outside, self.reach + 1))
        )
        heights = np.empty(depth.shape, np.int32)
        unit = STEPS_PER_NM * self.lattice.unit / PER_NM
        where = np.ascontiguousarray(smooth[part])
        raise_heights(depth, away, where, unit, self.weight, self.reach, heights)
        return heights

    def smooth(self, values: np.ndarray) -> np.ndarray:
        """Smooth a map: (Z, Y, X) uint8 -> int32 of 0 to `FULL`."""
        return smooth_along(values.astype(np.int32) << 6, self.taps)


def smooth_along(values: np.ndarray, taps: Sequence[np.ndarray]) -> np.ndarray:
    """Filter (Z, Y, X) int32 below 2**18 along z, y, x; a single tap changes nothing.

    The outermost voxels go on beyond the array's ends.
    """
    for axis, weights in enumerate(taps):
        if weights.size == 1:
            continue
        out = np.empty_like(values)
        if axis == 2:
            smooth_rows(values, weights, out)
        else:
            smooth_across(values, weights, axis, out)
        values = out
    return values
