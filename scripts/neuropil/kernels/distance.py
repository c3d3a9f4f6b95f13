"""Exact squared distance to the background, in integers, up to a cap."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def along_rows(mask, step, cap, field, extent):
    """Squared distance along x to the nearest background voxel of the same row.

    Writes field (Z, Y, X) int32, at most cap, and extent (Z, Y, 2) int32: first and
    one past the last foreground voxel of each row.
    """
    nz, ny, nx = mask.shape
    far = 0
    while far * far * step * step < cap:
        far += 1
    for z in range(nz):
        for y in range(ny):
            row, out = mask[z, y], field[z, y]
            first, last = 0, nx
            while first < nx and row[first] == 0:
                first += 1
            while last > first and row[last - 1] == 0:
                last -= 1
            extent[z, y, 0], extent[z, y, 1] = first, last
            count = 0 if first > 0 else far
            for x in range(first, last):
                count = count + 1 if row[x] else 0
                out[x] = min(count, far)
            count = 0 if last < nx else far
            for x in range(last - 1, first - 1, -1):
                count = count + 1 if row[x] else 0
                nearest = min(count, out[x])
                out[x] = min(nearest * nearest * step * step, cap)


@njit(cache=True, nogil=True)
def lower(out, field, addend):
    """Lower out to field + addend in a row; background (0) of out stays 0."""
    for x in range(out.size):
        value = np.int32(field[x] + addend)
        out[x] = min(out[x], value)


@njit(cache=True, nogil=True)
def across(field, extent, axis, step, cap, out):
    """Let the parallel rows along z (axis 0) or y (axis 1) count, too.

    Rows beyond the array do not count.
    """
    nz, ny, _ = field.shape
    for z in range(nz):
        for y in range(ny):
            first, last = extent[z, y, 0], extent[z, y, 1]
            if first >= last:
                continue
            here, source = out[z, y, first:last], field[z, y, first:last]
            deepest = 0
            for x in range(here.size):
                here[x] = source[x]
                deepest = max(deepest, source[x])
            place, end = (z, nz) if axis == 0 else (y, ny)
            k = 1
            while k * k * step * step < deepest:
                addend = np.int32(k * k * step * step)
                for i in (place - k, place + k):
                    if 0 <= i < end:
                        w, v = (i, y) if axis == 0 else (z, i)
                        lower(here, field[w, v, first:last], addend)
                k += 1


def squared_distance(
    mask: np.ndarray, steps: tuple[int, int, int], cap: int
) -> np.ndarray:
    """Squared distance of each foreground voxel to the nearest background voxel.

    Between voxel centres, in the unit of the steps (z, y, x), cut at cap (< 2**30);
    background is 0. What lies beyond the array is unknown and does not count as
    background. mask (Z, Y, X) uint8 -> (Z, Y, X) int32.
    """
    # numpy's zeros take no memory where the kernels write nothing; numba's do.
    field, other = (np.zeros(mask.shape, np.int32) for _ in range(2))
    extent = np.zeros((*mask.shape[:2], 2), np.int32)
    along_rows(mask, steps[2], cap, field, extent)
    across(field, extent, 1, steps[1], cap, other)
    across(other, extent, 0, steps[0], cap, field)
    return field
