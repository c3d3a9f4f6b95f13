"""Exact squared distance to the background, in integers, up to a cap."""

import numpy as np
from numba import njit

from neuropil.kernels.words import trailing_zeros

U = np.uint64
U0, U1, U6, U63 = U(0), U(1), U(6), U(63)


@njit(cache=True, nogil=True)
def fill_run(out, low, begin, end, left, right, far, scale, cap):
    """Write the squared distances of a run to the background at its left and right."""
    for x in range(begin, end):
        near = min(min(x - left, right - x), far)
        out[x - low] = min(near * near * scale, cap)


@njit(cache=True, nogil=True)
def along_rows(words, nx, low, step, cap, field, extent):
    """Squared distance along x to the nearest background voxel of the same row.

    words: packed volume (`kernels.bits`) of rows of nx voxels. Writes field (Z, Y, X)
    int32, at most cap, of the columns from low on; and extent (Z, Y, 2) int32: first
    and one past the last foreground voxel of each row among these.
    """
    nz, ny, width = field.shape
    stride = (nx + 63) // 64 + 1
    far = 0
    while far * far * step * step < cap:
        far += 1
    for z in range(nz):
        for y in range(ny):
            out = field[z, y]
            first, last = width, 0
            begin, inside = 0, False
            carry = U0
            for i in range(U(stride)):  # the spare word ends a run at the row's end
                word = words[z, U(1 + y * stride) + i]
                edges = word ^ (word << U1 | carry)
                carry = word >> U63
                while edges != U0:
                    x = np.int64((i << U6) + trailing_zeros(edges))
                    edges &= edges - U1
                    inside = not inside
                    if inside:
                        begin = x
                        continue
                    left = begin - 1 if begin > 0 else -far
                    right = x if x < nx else nx + far
                    a, b = max(begin, low), min(x, low + width)
                    if a < b:
                        fill_run(out, low, a, b, left, right, far, step * step, cap)
                        first, last = min(first, a - low), b - low
            extent[z, y, 0], extent[z, y, 1] = first, last


@njit(cache=True, nogil=True)
def lower(out, field, addend):
    """Lower out to field + addend in a row; background (0) of out stays 0."""
    for x in range(out.size):
        value = np.int32(field[x] + addend)
        out[x] = min(out[x], value)


@njit(cache=True, nogil=True)
def across(field, extent, axis, low, step, out):
    """Let the parallel rows along z (axis 0) or y (axis 1) count, too.

    out holds the part of field that begins at low along the axis. Rows beyond field do
    not count.
    """
    nz, ny, _ = out.shape
    end = field.shape[axis]
    for z in range(nz):
        for y in range(ny):
            w, v = (z + low, y) if axis == 0 else (z, y + low)
            first, last = extent[w, v, 0], extent[w, v, 1]
            if first >= last:
                continue
            here, source = out[z, y, first:last], field[w, v, first:last]
            deepest = np.int32(0)
            for x in range(here.size):
                here[x] = source[x]
                deepest = max(deepest, source[x])
            place = w if axis == 0 else v
            k = 1
            while k * k * step * step < deepest:
                addend = np.int32(k * k * step * step)
                for i in (place - k, place + k):
                    if 0 <= i < end:
                        w, v = (i, y) if axis == 0 else (z, i)
                        lower(here, field[w, v, first:last], addend)
                k += 1


@njit(cache=True, nogil=True)
def in_planes(words, nx, low, steps, cap, extent, out):
    """Squared distance along x and y, plane by plane, so that these stay in the cache.

    out (Z, Y, X) int32 begins at low (y, x) of the packed planes; steps: along y, x.
    extent (Z, Y, 2) int32 is written, of all rows of the planes.
    """
    plane = np.zeros((1, extent.shape[1], out.shape[2]), np.int32)
    for z in range(out.shape[0]):
        ends = extent[z : z + 1]
        along_rows(words[z : z + 1], nx, low[1], steps[1], cap, plane, ends)
        across(plane, ends, 1, low[0], steps[0], out[z : z + 1])
        for y in range(extent.shape[1]):
            for x in range(ends[0, y, 0], ends[0, y, 1]):
                plane[0, y, x] = 0


def squared_distance(
    words: np.ndarray,
    shape: tuple[int, int, int],
    steps: tuple[int, int, int],
    cap: int,
    part: tuple[slice, slice, slice] = (slice(None),) * 3,
) -> np.ndarray:
    """Squared distance of each foreground voxel to the nearest background voxel.

    Between voxel centres, in the unit of the steps (z, y, x), cut at cap (< 2**30);
    background is 0. What lies beyond the array is unknown and does not count as
    background. words: packed volume (`kernels.bits`) of a shape -> int32 of a part.
    """
    (z, end_z), (y, end_y), (x, end_x) = (s.indices(n)[:2] for s, n in zip(part, shape))
    nz, ny, nx = end_z - z, end_y - y, end_x - x
    # numpy's zeros take no memory where the kernels write nothing; numba's do.
    planes = np.zeros((shape[0], ny, nx), np.int32)
    out = np.zeros((nz, ny, nx), np.int32)
    extent = np.zeros((*shape[:2], 2), np.int32)
    in_planes(words, shape[2], (y, x), steps[1:], cap, extent, planes)
    rows = np.ascontiguousarray(extent[:, y:end_y])  # else a second kernel is compiled
    across(planes, rows, 0, z, steps[0], out)
    return out
