"""Volumes to time the steps on: the phantom, and real cortex with synthetic maps.

The real segmentation (pinky40, 40 x 16 x 16 nm) is scaled to 25 x 10 x 10 nm, the voxel
of the paper. It has no membranes and no maps: voxels on borders are set to background,
as a segmentation by flood filling leaves them, and maps are smooth noise above a level,
kept away from membranes (mi, vc) or on them (sj), with about the paper's volume
fractions. Figures for organelles are the least certain for that reason.
"""

from pathlib import Path

import h5py
import numpy as np
from scipy import ndimage

SCALE = 1.6
VOXEL_SIZE_NM = (25.0, 10.0, 10.0)
CORNER = (352, 352, 176)  # of neuropil; the middle of the volume is one glia cell


def scale_segmentation(path: Path, shape: tuple[int, int, int]) -> np.ndarray:
    """Cut (Z, Y, X) uint64 voxels of 25 x 10 x 10 nm out of pinky40.

    The cut ends at the far corner of the volume where it would go beyond it.
    """
    with h5py.File(path) as file:
        source = file["labels"][:]
    near = [np.floor((np.arange(n) + 0.5) / SCALE).astype(int) for n in shape]
    start = [min(c, s - n[-1] - 1) for c, s, n in zip(CORNER, source.shape, near)]
    return source[np.ix_(*(n + a for n, a in zip(near, start)))].astype(np.uint64)


def find_borders(labels: np.ndarray) -> np.ndarray:
    """Voxels (bool) that face another label along an axis."""
    borders = np.zeros(labels.shape, bool)
    for axis in range(3):
        moved = np.moveaxis(labels, axis, 0)
        differs = moved[:-1] != moved[1:]
        marks = np.moveaxis(borders, axis, 0)
        marks[:-1] |= differs
        marks[1:] |= differs
    return borders


def near(mask: np.ndarray, distance_nm: float) -> np.ndarray:
    """Voxels of a mask, and those up to a distance along every axis from one."""
    size = [2 * int(distance_nm // width) + 1 for width in VOXEL_SIZE_NM]
    return ndimage.maximum_filter(mask.view(np.uint8), size).astype(bool)


def smooth_noise(
    shape: tuple[int, int, int], sigma_nm: float, rng: np.random.Generator
) -> np.ndarray:
    """Gaussian noise of mean 0 and SD 1, correlated over ``sigma_nm``.

    It is drawn on a lattice of half that spacing and interpolated.
    """
    step = [max(1.0, sigma_nm / 2 / width) for width in VOXEL_SIZE_NM]
    lattice = [int(np.ceil(n / s)) + 1 for n, s in zip(shape, step)]
    sigma = [sigma_nm / width / s for width, s in zip(VOXEL_SIZE_NM, step)]
    noise = rng.standard_normal(lattice, dtype=np.float32)
    noise = ndimage.gaussian_filter(noise, sigma)
    noise = (noise - noise.mean()) / noise.std()
    return ndimage.zoom(noise, [n / m for n, m in zip(shape, lattice)], order=1)


def add_maps(labels: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Open a gap between cells, and make masks (uint8, 0 or 255) of organelles."""
    rng = np.random.default_rng(seed)
    borders = find_borders(labels)
    mi = (smooth_noise(labels.shape, 140, rng) > 1.1) & ~near(borders, 40)
    vc = (smooth_noise(labels.shape, 80, rng) > 1.5) & ~near(borders, 20) & ~mi
    sj = near(borders & (smooth_noise(labels.shape, 80, rng) > 2), 25)
    masks = {"mi": mi, "vc": vc, "sj": sj}
    maps = {role: mask.view(np.uint8) * 255 for role, mask in masks.items()}
    return {"supervoxels": np.where(borders, np.uint64(0), labels), **maps}
