"""Crumbs of tissue that rehearsals go through."""

from __future__ import annotations

import numpy as np

from neuropil.grid import Box, Grid, Triple
from neuropil.volumes.base import Volume

Lengths = tuple[float, float, float]
SHAPE = (24, 24, 24)  # voxels of more ids than a table of properties first has rows


def hold(voxels: np.ndarray, voxel_size_nm: Lengths) -> Volume:
    """Volume of an array, which gives copies as files do."""

    def load(box: Box) -> np.ndarray:
        return voxels[box.slices].copy()

    offset = (0.0, 0.0, 0.0)
    return Volume("", voxels.shape, voxels.dtype, voxel_size_nm, offset, load)


def halves(shape: Triple) -> Grid:
    """Two chunks side by side."""
    return Grid(Box.of(shape), (*shape[:2], shape[2] // 2))
