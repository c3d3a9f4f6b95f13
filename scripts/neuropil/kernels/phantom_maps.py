"""Look up levels at displaced places, and turn them into probabilities, in numba."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def displace(levels, noise, scale, reach, out):
    """Copy the level at a displaced voxel to each voxel of out.

    Parameters
    ----------
    levels : (Z + 2 * rz, Y + 2 * ry, X + 2 * rx) array of uint8
    noise : 3 arrays (Z, Y, X) of float32, direction of the displacement along z, y, x
    scale : 3 of float32, voxels of displacement per noise
    reach : (rz, ry, rx), largest displacement; larger ones are cut off
    out : (Z, Y, X) array of uint8, written
    """
    rz, ry, rx = np.float32(reach[0]), np.float32(reach[1]), np.float32(reach[2])
    half = np.float32(0.5)
    for z in range(out.shape[0]):
        for y in range(out.shape[1]):
            nz, ny, nx = noise[0][z, y], noise[1][z, y], noise[2][z, y]
            for x in range(out.shape[2]):
                # Cut off, then count from the array's start: positive, so that the
                # conversion to int rounds.
                dz = min(rz, max(-rz, scale[0] * nz[x])) + rz + half
                dy = min(ry, max(-ry, scale[1] * ny[x])) + ry + half
                dx = min(rx, max(-rx, scale[2] * nx[x])) + rx + half
                out[z, y, x] = levels[
                    z + np.uint32(dz), y + np.uint32(dy), x + np.uint32(dx)
                ]


@njit(cache=True, nogil=True)
def soften(levels, out):
    """Average levels over each voxel (weight 2) and its six neighbours: soft borders.

    Reads (Z + 2, Y + 2, X + 2) uint8, writes out (Z, Y, X) float32.
    """
    for z in range(out.shape[0]):
        for y in range(out.shape[1]):
            for x in range(out.shape[2]):
                total = np.int32(2) * levels[z + 1, y + 1, x + 1]
                total += levels[z, y + 1, x + 1] + levels[z + 2, y + 1, x + 1]
                total += levels[z + 1, y, x + 1] + levels[z + 1, y + 2, x + 1]
                total += levels[z + 1, y + 1, x] + levels[z + 1, y + 1, x + 2]
                out[z, y, x] = np.float32(total) * np.float32(0.125)


@njit(cache=True, nogil=True)
def to_probability(soft, noise, scale, out):
    """Write uint8 probabilities: low + (high - low) * soft / 255 + spread * noise.

    ``scale`` is (low, high, spread) on the scale 0 to 255, float32.
    """
    low, high, spread = scale
    gain = (high - low) / np.float32(255)
    for z in range(out.shape[0]):
        for y in range(out.shape[1]):
            for x in range(out.shape[2]):
                value = low + gain * soft[z, y, x] + spread * noise[z, y, x]
                value = min(np.float32(255), max(np.float32(0), value))
                out[z, y, x] = np.uint8(np.rint(value))
