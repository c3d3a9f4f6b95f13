"""Binary morphology on bits: 64 voxels a word, structuring elements as spans along x.

Layout of a packed volume of (Z, Y, X) voxels: (Z, 1 + Y * (W + 1)) words, W = X / 64
rounded up. Each row is W words, lowest bit first, and one spare word that stays zero;
another spare word comes first. So the neighbour of every word in a row exists, and a
whole plane is one long loop.
"""

import numpy as np
from numba import njit

U = np.uint64
U0, U1, U6, U63, U64 = U(0), U(1), U(6), U(63), U(64)
ONES, GATHER = U(0x0101010101010101), U(0x0102040810204080)


@njit(cache=True, nogil=True)
def pack_above(values, threshold):
    """Pack the voxels above a threshold; values (Z, Y, X) uint8 -> packed volume."""
    nz, ny, nx = values.shape
    width = (nx + 63) // 64
    words = np.zeros((nz, 1 + ny * (width + 1)), np.uint64)
    above = np.zeros(width * 64, np.uint8)
    eights = above.view(np.uint64)
    limit = np.uint8(threshold)
    for z in range(nz):
        for y in range(ny):
            row = values[z, y]
            for x in range(nx):
                above[x] = row[x] > limit
            first = U(1 + y * (width + 1))
            for i in range(U(width)):
                word = U0
                for k in range(U(8)):
                    byte = ((eights[i * U(8) + k] & ONES) * GATHER) >> U(56)
                    word |= byte << (k * U(8))
                words[z, first + i] = word
    return words


@njit(cache=True, nogil=True)
def unpack(words, ny, nx):
    """Unpack a packed volume to (Z, Y, X) uint8 of 0 and 1."""
    nz = words.shape[0]
    stride = U((nx + 63) // 64 + 1)
    mask = np.zeros((nz, ny, nx), np.uint8)
    for z in range(nz):
        for y in range(ny):
            first = U1 + U(y) * stride
            row = mask[z, y]
            for i in range(stride - U1):
                word = words[z, first + i]
                if word != U0:
                    for x in range(i * U64, min(i * U64 + U64, U(nx))):
                        row[x] = (word >> (x & U63)) & U1
    return mask


@njit(cache=True, nogil=True)
def trim(plane, ny, nx):
    """Clear the spare words of a plane and the bits beyond its rows, in place."""
    width = (nx + 63) // 64
    tail = ~U0 if nx % 64 == 0 else (U1 << U(nx % 64)) - U1
    plane[0] = U0
    for y in range(ny):
        last = (y + 1) * (width + 1)
        plane[last] = U0
        if width:
            plane[last - 1] &= tail


@njit(cache=True, nogil=True)
def complement(words, ny, nx):
    """Invert the voxels of a packed volume."""
    inverse = ~words
    for z in range(words.shape[0]):
        trim(inverse[z], ny, nx)
    return inverse


@njit(cache=True, nogil=True)
def spread(plane, out, step):
    """Let out be a plane together with itself moved by step <= 63 voxels either way."""
    n = U(plane.size)
    s, r = U(step), U(64 - step)
    for i in range(U1, n - U1):
        word = plane[i]
        out[i] = (
            word
            | (word << s)
            | (word >> s)
            | (plane[i - U1] >> r)
            | (plane[i + U1] << r)
        )


@njit(cache=True, nogil=True)
def dilate(words, ny, nx, spans):
    """Dilate a packed volume by a symmetric structuring element; outside is empty.

    spans (N, 3) int64: dz, dy and half width along x, ascending in half width. Per
    plane, the rows are widened from one half width to the next (each step may at most
    double what is covered, so that a border cuts nothing off), and added to the
    planes and rows they reach.
    """
    nz, n = words.shape
    stride = (nx + 63) // 64 + 1
    out = np.zeros_like(words)
    wide = np.empty((2, n), np.uint64)
    for z in range(nz):
        found = U0
        for i in range(n):
            found |= words[z, i]
            wide[0, i] = words[z, i]
        if found == U0:
            continue
        now = 0
        reach = 0
        for k in range(spans.shape[0]):
            target = z + spans[k, 0]
            while reach < spans[k, 2]:
                step = min(spans[k, 2] - reach, reach + 1, 32)
                spread(wide[now], wide[1 - now], step)
                now = 1 - now
                reach += step
                trim(wide[now], ny, nx)
            if target < 0 or target >= nz or abs(spans[k, 1]) >= ny:
                continue
            shift = spans[k, 1] * stride
            to, source = out[target], wide[now]
            low = max(0, shift)
            for i in range(U(n - 1 - abs(shift))):
                to[U(1 + low) + i] |= source[U(1 + low - shift) + i]
    return out


@njit(cache=True, nogil=True)
def erode(words, ny, nx, spans):
    """Erode a packed volume by a symmetric structuring element; outside is full."""
    return complement(dilate(complement(words, ny, nx), ny, nx, spans), ny, nx)
