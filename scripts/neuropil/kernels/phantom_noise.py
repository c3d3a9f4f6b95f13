"""Noise as a pure function of a seed and global integer coordinates, in numba."""

import numpy as np
from numba import njit

STEP = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
S30, S27, S31 = np.uint64(30), np.uint64(27), np.uint64(31)
S16, S32, S48 = np.uint64(16), np.uint64(32), np.uint64(48)
LOW = np.uint64(0xFFFF)
# Mean and SD of the sum of four independent uniform 16-bit numbers.
MEAN = np.float32(2 * 65535)
SCALE = np.float32(1 / 37837.22)


@njit(cache=True, nogil=True, inline="always")
def mix(value):
    """Finaliser of splitmix64: a bijection of 64-bit numbers that scatters bits."""
    value = (value ^ (value >> S30)) * FIRST
    value = (value ^ (value >> S27)) * SECOND
    return value ^ (value >> S31)


@njit(cache=True, nogil=True)
def fill_white(out, seed, start):
    """Write normal-like white noise (mean 0, SD 1) into out (Z, Y, X) float32.

    ``start`` holds the global coordinates (3,) int64 of out's first voxel. Each value
    is the sum of the four 16-bit parts of one hash: near normal, within +-3.4 SD.
    """
    for z in range(out.shape[0]):
        plane = mix(seed + np.uint64(start[0] + z) * STEP)
        for y in range(out.shape[1]):
            row = mix(plane + np.uint64(start[1] + y) * STEP)
            first = np.uint64(start[2])
            for x in range(out.shape[2]):
                bits = mix(row + (first + np.uint64(x)) * STEP)
                total = (bits & LOW) + ((bits >> S16) & LOW)
                total += ((bits >> S32) & LOW) + (bits >> S48)
                out[z, y, x] = (np.float32(np.int32(total)) - MEAN) * SCALE


@njit(cache=True, nogil=True)
def expand(lattice, index, weight, out):
    """Interpolate a lattice to voxels with four taps along each axis.

    Parameters
    ----------
    lattice : (A, B, C) array of float32
    index : 3 arrays (n,) of int64, first tap in the lattice of each voxel
    weight : 3 arrays (4, n) of float32
    out : (Z, Y, X) array of float32, written

    Every voxel adds its taps in the same order, z then y then x, so that its value
    does not depend on the box it is computed in.
    """
    iz, iy, ix = index
    wz, wy, wx = weight
    plane = np.empty(lattice.shape[1:], np.float32)
    row = np.empty(lattice.shape[2], np.float32)
    for z in range(out.shape[0]):
        k, w = iz[z], wz[:, z]
        for b in range(lattice.shape[1]):
            for c in range(lattice.shape[2]):
                low = w[0] * lattice[k, b, c] + w[1] * lattice[k + 1, b, c]
                high = w[2] * lattice[k + 2, b, c] + w[3] * lattice[k + 3, b, c]
                plane[b, c] = low + high
        for y in range(out.shape[1]):
            k, w = iy[y], wy[:, y]
            for c in range(lattice.shape[2]):
                low = w[0] * plane[k, c] + w[1] * plane[k + 1, c]
                row[c] = low + (w[2] * plane[k + 2, c] + w[3] * plane[k + 3, c])
            for x in range(out.shape[2]):
                k = ix[x]
                low = wx[0, x] * row[k] + wx[1, x] * row[k + 1]
                high = wx[2, x] * row[k + 2] + wx[3, x] * row[k + 3]
                out[z, y, x] = low + high
