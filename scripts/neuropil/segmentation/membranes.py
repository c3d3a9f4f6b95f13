"""A map of membranes from raw grey values by a plain filter: what is dark and a sheet.

Membranes are dark, and grey values bend across them (the largest eigenvalue of their
Hessian, at one scale); mitochondria and junctions are dark, but bend less. The map is
the smaller of both. A voxel depends on grey values within `SheetFilter.halo` alone, and
what is added up is whole numbers: the map is the same in whatever block it is computed.
A network's map takes its place as `volumes.membrane`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from neuropil.errors import InputError
from neuropil.grid import Box, Triple
from neuropil.kernels.bends import find_bends, mix
from neuropil.properties import Walk
from neuropil.segmentation.relief import Slices, bell_taps, smooth_along
from neuropil.volumes.base import Volume

MAP = {"membrane": "uint8"}
BITS = {"uint8": 6, "uint16": 2}  # that smoothed grey values have below a level
SAMPLE_VX, SAMPLES_PER_AXIS = 64, 4  # cubes that percentiles are measured in


class SheetFilter(NamedTuple):
    """How grey values become darkness and bends, in whole numbers.

    Attributes
    ----------
    taps : weights of the Gaussian filter along z, y, x
    scale : its SD over the voxel size along z, y, x, so that bends are grey levels
    """

    taps: tuple[np.ndarray, np.ndarray, np.ndarray]
    scale: tuple[float, float, float]

    @classmethod
    def of(cls, settings: dict, voxel_size_nm: Sequence[float]) -> SheetFilter:
        """Filter of the config's section `membranes`, for a voxel size (z, y, x).

        ``sections`` among them: whether each section is by itself.
        """
        scale = [settings["smooth_nm"] / size for size in voxel_size_nm]
        if settings["sections"]:
            scale[0] = 0.0
        return cls(tuple(map(bell_taps, scale)), tuple(scale))

    @property
    def halo(self) -> Triple:
        """Voxels around a box that its map depends on."""
        return tuple(t.size // 2 + 2 * (s > 0) for t, s in zip(self.taps, self.scale))

    def measure(self, raw: np.ndarray, part: Slices) -> tuple[np.ndarray, np.ndarray]:
        """Smooth grey values of a part, and how much they bend.

        Parameters
        ----------
        raw : (Z, Y, X) uint8 or uint16
            A voxel is exact if the array holds `halo` around it, or ends where the
            volume ends.
        part : of the voxels, that is wanted

        Returns
        -------
        smooth, bends : (Z, Y, X) int32 of the part, grey levels of `BITS` more
        """
        smooth = smooth_along(raw.astype(np.int32) << BITS[str(raw.dtype)], self.taps)
        ranges = [s.indices(n) for s, n in zip(part, raw.shape)]
        bends = np.empty([stop - start for start, stop, _ in ranges], np.int32)
        start = np.array([start for start, _, _ in ranges])
        find_bends(smooth, start, np.array(self.scale), bends)
        return np.ascontiguousarray(smooth[part]), bends

    def read(self, raw: Volume, box: Box) -> tuple[np.ndarray, np.ndarray]:
        """Measure a box of a volume."""
        read = box.grow(self.halo).intersect(raw.box)
        return self.measure(raw.read(read), box.within(read))


def measure_levels(raw: Volume, settings: dict) -> dict:
    """Find grey levels between which the map rises, in cubes spread over the volume.

    Parameters
    ----------
    settings : section `membranes` of the config; its ``levels`` win, if given, over
        its ``percentiles`` of all voxels but black ones

    Returns
    -------
    ``grey`` and ``bend``, each [low, high], in grey levels

    Raises
    ------
    InputError
        If the volume holds nothing but one grey level.
    """
    if settings["levels"]:
        return settings["levels"]
    sheets = SheetFilter.of(settings, raw.voxel_size_nm)
    found = [sheets.read(raw, box) for box in spread_boxes(raw.box)]
    shown = [smooth > 0 for smooth, _ in found]
    step, levels = 2.0 ** BITS[str(raw.dtype)], {}
    for name, arrays in zip(("grey", "bend"), zip(*found)):
        values = np.concatenate([a[m] for a, m in zip(arrays, shown)])
        ranks = np.array(settings["percentiles"][name]) / 100
        low, high = (
            np.quantile(values, ranks, method="lower") if values.size else (0, 0)
        )
        if low == high:
            raise InputError(
                f"{raw.name} has the same grey everywhere, as far as {SAMPLE_VX}^3 "
                "cubes spread over it show: there are no membranes. Name another one."
            )
        levels[name] = [float(low / step), float(high / step)]
    return levels


def spread_boxes(box: Box) -> list[Box]:
    """Cubes that lie in even distances over a box; all of a small box."""
    starts = []
    for start, stop in zip(box.start, box.stop):
        count = min(SAMPLES_PER_AXIS, math.ceil((stop - start) / SAMPLE_VX))
        last = max(start, stop - SAMPLE_VX)
        starts.append(np.linspace(start, last, count, dtype=int).tolist())
    cubes = (Box.of((SAMPLE_VX,) * 3, at) for at in itertools.product(*starts))
    return [cube.intersect(box) for cube in cubes]


def predict_membranes(
    raw: Volume,
    sheets: SheetFilter,
    levels: dict,
    walk: Walk,
    write: Callable[[Box, np.ndarray, str], None],
) -> None:
    """Make the map of membranes of a chunk.

    Parameters
    ----------
    levels : of `measure_levels`
    walk : calls a function on each block of the chunk (`blocks.map_blocks`)
    write : receives each block, its (Z, Y, X) uint8 map, and the map's name
    """
    step = 2 ** BITS[str(raw.dtype)]
    grey, bend = (
        tuple(round(level * step) for level in levels[name])
        for name in ("grey", "bend")
    )
    grey, bend = ((low, max(high, low + 1)) for low, high in (grey, bend))

    def predict(block: Box) -> None:
        smooth, bends = sheets.read(raw, block)
        out = np.empty(smooth.shape, np.uint8)
        mix(smooth, bends, grey, bend, out)
        write(block, out, *MAP)

    for _ in walk(predict):
        pass
