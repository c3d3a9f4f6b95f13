"""Noise that is the same in whatever box of the volume it is computed.

Everything here is a pure function of a seed and of global voxel coordinates: no state,
no chunk, a fixed order of operations. Smooth noise is a lattice of hashed white noise
seen through a cubic B-spline, whose correlation is close to that of white noise under a
Gaussian filter and which costs a few operations a voxel at any scale.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from neuropil.grid import Box
from neuropil.kernels.phantom_noise import expand, fill_white

Nanometres = float | Sequence[float]


def derive_seed(seed: int, *names: str | int) -> np.uint64:
    """Seed of one named use of randomness, independent of every other name's.

    >>> len({derive_seed(1, "membrane"), derive_seed(1, "cytoplasm")})
    2
    """
    text = "/".join(str(part) for part in (seed, *names))
    return np.uint64(
        int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
    )


def scatter(values: np.ndarray | int, seed: np.uint64) -> np.ndarray:
    """Hash integers to 64 bits (splitmix64's finaliser), element by element."""
    with np.errstate(over="ignore"):
        bits = np.asarray(values).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        bits = bits + seed
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def uniform(values: np.ndarray | int, seed: np.uint64) -> np.ndarray:
    """Numbers in [0, 1), float64, one per integer: decisions about objects by id."""
    return (scatter(values, seed) >> np.uint64(11)) * 2.0**-53


def normal(values: np.ndarray | int, seed: np.uint64) -> np.ndarray:
    """Normal-like numbers (mean 0, SD 1, within +-3.4), float64, one per integer."""
    bits = scatter(values, seed)
    low = np.uint64(0xFFFF)
    parts = [(bits >> np.uint64(16 * i)) & low for i in range(4)]
    return (sum(part.astype(np.int64) for part in parts) - 2 * 65535) / 37837.22


def white_noise(box: Box, seed: np.uint64) -> np.ndarray:
    """Independent normal-like noise per voxel: (Z, Y, X) float32, mean 0, SD 1."""
    out = np.empty(box.shape, np.float32)
    fill_white(out, seed, np.array(box.start, np.int64))
    return out


def smooth_noise(
    box: Box,
    voxel_size_nm: Sequence[float],
    sigma_nm: Nanometres,
    seed: np.uint64,
) -> np.ndarray:
    """Noise as of white noise under a Gaussian filter, rescaled to SD 1.

    Parameters
    ----------
    box : voxels wanted, in global coordinates (may be negative)
    voxel_size_nm : (z, y, x)
    sigma_nm : SD of the filter, one for all axes or (z, y, x); an axis where it is
        below 0.58 voxels stays white

    Returns
    -------
    (Z, Y, X) array of float32, mean 0, SD 1 at every voxel. The correlation over a
    distance d is about ``exp(-d**2 / (4 * sigma_nm**2))``.
    """
    sigmas = np.broadcast_to(np.asarray(sigma_nm, float), 3)
    axes = [
        spline_taps(a, b, size, sigma)
        for a, b, size, sigma in zip(box.start, box.stop, voxel_size_nm, sigmas)
    ]
    first, last, index, weight = zip(*axes)
    out = np.empty(box.shape, np.float32)
    if box.size:
        lattice = white_noise(Box(first, last), seed)
        expand(lattice, index, weight, out)
    return out


def spline_taps(
    start: int, stop: int, size_nm: float, sigma_nm: float
) -> tuple[int, int, np.ndarray, np.ndarray]:
    """Lattice points and weights of the voxels ``start <= i < stop`` of one axis.

    A cubic B-spline on a lattice of spacing h has variance h**2 / 3, so h is
    ``sigma_nm * sqrt(3)``. Weights are scaled to a square sum of 1: unit variance.

    Returns
    -------
    first, last : range of lattice points that the taps reach, half open
    index : (n,) int64, first of a voxel's four taps, counted from ``first``
    weight : (4, n) float32
    """
    voxel = np.arange(start, stop)
    spacing = sigma_nm * np.sqrt(3.0) / size_nm
    if spacing <= 1.0:
        weight = np.zeros((4, len(voxel)), np.float32)
        weight[0] = 1
        return start, stop + 3, voxel - start, weight
    position = (voxel + 0.5) / spacing
    point = np.floor(position).astype(np.int64)
    weight = cubic_spline(position - point)
    weight /= np.sqrt((weight * weight).sum(axis=0))
    first = int(point[0]) - 1 if len(point) else 0
    last = int(point[-1]) + 3 if len(point) else 0
    return first, last, point - 1 - first, weight.astype(np.float32)


def cubic_spline(fraction: np.ndarray) -> np.ndarray:
    """Weights (4, n) of the uniform cubic B-spline at fractions (n,) of a cell."""
    t, u = fraction, 1 - fraction
    near = 4 - 6 * t * t + 3 * t * t * t
    far = 4 - 6 * u * u + 3 * u * u * u
    return np.stack([u * u * u, near, far, t * t * t]) / 6
