"""Dark sheets in grey values: how much these bend across them, in whole numbers."""

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def largest_root(zz, yy, xx, zy, zx, yx):
    """Largest eigenvalue of a symmetric matrix of 3 x 3, in closed form."""
    mean = (zz + yy + xx) / 3.0
    a, b, c = zz - mean, yy - mean, xx - mean
    square = (a * a + b * b + c * c + 2.0 * (zy * zy + zx * zx + yx * yx)) / 6.0
    if square == 0.0:
        return mean
    size = math.sqrt(square)
    det = a * (b * c - yx * yx) - zy * (zy * c - yx * zx) + zx * (zy * yx - b * zx)
    share = min(1.0, max(-1.0, det / (2.0 * size * square)))
    return mean + 2.0 * size * math.cos(math.acos(share) / 3.0)


@njit(cache=True, nogil=True)
def neighbours(place, count):
    """Two places before and two behind one along an axis, the ends repeated."""
    last = count - 1
    return (
        max(place - 2, 0),
        max(place - 1, 0),
        min(place + 1, last),
        min(place + 2, last),
    )


@njit(cache=True, nogil=True)
def find_bends(values, start, scale, out):
    """Largest second derivative in any direction, rounded; 0 where it is negative.

    Differences reach from the voxel before to the one behind, taken twice.

    Parameters
    ----------
    values : (Z, Y, X) int32; the outermost voxels go on beyond its ends
    start : (z, y, x), where the part begins that is wanted
    scale : (3,) float64, unit of length over voxel size along z, y, x
    out : int32, of the shape of the part
    """
    nz, ny, nx = values.shape
    s_z, s_y, s_x = scale[0] / 2, scale[1] / 2, scale[2] / 2
    for k in range(out.shape[0]):
        z = start[0] + k
        z1, z2, z3, z4 = neighbours(z, nz)
        for j in range(out.shape[1]):
            y = start[1] + j
            y1, y2, y3, y4 = neighbours(y, ny)
            here = values[z, y]
            zz1, zz2, zz3, zz4 = (
                values[z1, y],
                values[z2, y],
                values[z3, y],
                values[z4, y],
            )
            yy1, yy2, yy3, yy4 = (
                values[z, y1],
                values[z, y2],
                values[z, y3],
                values[z, y4],
            )
            c22, c23 = values[z2, y2], values[z2, y3]
            c32, c33 = values[z3, y2], values[z3, y3]
            for i in range(out.shape[2]):
                x = start[2] + i
                x1, x2, x3, x4 = neighbours(x, nx)
                twice = 2 * here[x]
                root = largest_root(
                    s_z * s_z * np.float64(zz1[x] + zz4[x] - twice),
                    s_y * s_y * np.float64(yy1[x] + yy4[x] - twice),
                    s_x * s_x * np.float64(here[x1] + here[x4] - twice),
                    s_z * s_y * np.float64(c22[x] + c33[x] - c23[x] - c32[x]),
                    s_z * s_x * np.float64(zz2[x2] + zz3[x3] - zz2[x3] - zz3[x2]),
                    s_y * s_x * np.float64(yy2[x2] + yy3[x3] - yy2[x3] - yy3[x2]),
                )
                out[k, j, i] = np.int32(max(0.0, root) + 0.5)


@njit(cache=True, nogil=True)
def mix(smooth, bends, grey, bend, out):
    """Write the map: the smaller of how dark and of how bent a voxel is, 0 to 255.

    Parameters
    ----------
    smooth, bends : (Z, Y, X) int32
    grey : (low, high): from there on down it is 255, from there on up 0
    bend : (low, high): from there on down it is 0, from there on up 255
    out : (Z, Y, X) uint8; 255 where smooth is 0, since nothing was imaged there
    """
    for z in range(out.shape[0]):
        for y in range(out.shape[1]):
            for x in range(out.shape[2]):
                if smooth[z, y, x] == 0:
                    out[z, y, x] = 255
                    continue
                dark = (
                    255 * (grey[1] - np.int64(smooth[z, y, x])) // (grey[1] - grey[0])
                )
                bent = 255 * (np.int64(bends[z, y, x]) - bend[0]) // (bend[1] - bend[0])
                out[z, y, x] = max(0, min(255, min(dark, bent)))
