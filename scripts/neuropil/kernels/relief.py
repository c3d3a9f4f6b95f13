"""Smooth a map, and turn it and its distances into heights, in whole numbers.

With integers the order of additions does not matter: a voxel is the same in any block.
"""

import math

import numpy as np
from numba import njit

FULL = 255 << 6  # a smoothed map's greatest value; it keeps six bits more than the map
TAP_BITS = 12  # weights of a filter add up to 2**12


@njit(cache=True, nogil=True)
def smooth_rows(values, taps, out):
    """Filter along x; the outermost voxel goes on beyond the ends of a row."""
    nz, ny, nx = values.shape
    reach = taps.size // 2
    line = np.empty(nx + 2 * reach, np.int32)
    for z in range(nz):
        for y in range(ny):
            source, row = values[z, y], out[z, y]
            for x in range(nx):
                line[reach + x] = source[x]
            for k in range(reach):
                line[k], line[reach + nx + k] = source[0], source[nx - 1]
            for x in range(nx):
                total = np.int32(1) << np.int32(TAP_BITS - 1)
                for k in range(taps.size):
                    total += taps[k] * line[x + k]
                row[x] = total >> TAP_BITS


@njit(cache=True, nogil=True)
def smooth_across(values, taps, axis, out):
    """Filter along z (axis 0) or y (axis 1), as `smooth_rows`."""
    nz, ny, nx = values.shape
    reach = taps.size // 2
    half = np.int32(1) << np.int32(TAP_BITS - 1)
    for z in range(nz):
        for y in range(ny):
            row = out[z, y]
            for x in range(nx):
                row[x] = half
            for k in range(taps.size):
                if axis == 0:
                    w, v = min(max(z + k - reach, 0), nz - 1), y
                else:
                    w, v = z, min(max(y + k - reach, 0), ny - 1)
                source, tap = values[w, v], taps[k]
                for x in range(nx):
                    row[x] += tap * source[x]
            for x in range(nx):
                row[x] >>= TAP_BITS


@njit(cache=True, nogil=True)
def split_map(smooth, limit, inside, outside):
    """Write which voxels are inside of cells (at most the limit), and which are not."""
    for z in range(smooth.shape[0]):
        for y in range(smooth.shape[1]):
            row = smooth[z, y]
            for x in range(row.size):
                low = row[x] <= limit
                inside[z, y, x] = low
                outside[z, y, x] = not low


@njit(cache=True, nogil=True)
def raise_heights(depth, away, smooth, unit, weight, reach, out):
    """Add up distance from membranes and the map: int32 heights > 0, or 0.

    Parameters
    ----------
    depth, away : (Z, Y, X) int32
        Squared distance of inside voxels to membranes, and of membranes to the inside.
    smooth : (Z, Y, X) int32 of 0 to `FULL`
    unit : heights of one unit of distance
    weight : height of a voxel where the map is 0, beside its distance
    reach : squared distance beyond which membranes are background: height 0
    """
    for z in range(out.shape[0]):
        for y in range(out.shape[1]):
            for x in range(out.shape[2]):
                if away[z, y, x] > reach:
                    out[z, y, x] = 0
                    continue
                # A correctly rounded root and one product: the same on every machine.
                far = np.int64(math.sqrt(np.float64(depth[z, y, x])) * unit)
                low = weight * np.int64(FULL - smooth[z, y, x]) // FULL
                out[z, y, x] = np.int32(1 + far + low)
