"""Closing and dilation of contact sites: all pairs of a block, 64 voxels at a time.

The block is worked on in tiles. In a tile every pair is drawn as bits into its own
bounding box, and grown and shrunk there. The rule does not depend on an order: a voxel
that has a pair keeps it, a voxel without one gets the smallest pair whose closed and
dilated mask covers it.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from neuropil.kernels.masks import close_and_dilate, draw_runs, make_frame
from neuropil.kernels.words import trailing_zeros

TILE_Z, TILE_Y, TILE_X = 64, 64, 128
TILE_WORDS = TILE_X // 64
U = np.uint64
ZERO, ONE, SIX, LAST, WORD = U(0), U(1), U(6), U(63), U(64)
ALL = U(0xFFFFFFFFFFFFFFFF)


class Reach(NamedTuple):
    """How far, in voxels (z, y, x), a mask grows: while closing, in all, at the end."""

    pad: tuple[int, int, int]
    halo: tuple[int, int, int]
    spread: tuple[int, int, int]


class Scratch(NamedTuple):
    """Memory that all tiles reuse.

    Attributes
    ----------
    runs, grouped : uint64, runs of pairs, z << 48 | y << 32 | first x << 16 | end x
    run_pair : int32, index in the tile of each run's pair
    index_of : int32, index in the tile, plus one, of each pair of the block
    pairs, count, start, order : per pair of the tile
    bits, other : uint64, masks of one pair: columns of words, one row after the other
    taken : uint64, bits of the voxels of the core that have a pair
    """

    runs: np.ndarray
    grouped: np.ndarray
    run_pair: np.ndarray
    index_of: np.ndarray
    pairs: np.ndarray
    count: np.ndarray
    start: np.ndarray
    order: np.ndarray
    bits: np.ndarray
    other: np.ndarray
    taken: np.ndarray


@njit(cache=True, nogil=True)
def make_scratch(reach, pair_count):
    """Take memory for tiles of a block with pairs up to ``pair_count``.

    Only the pages that are written to cost memory.
    """
    depth = TILE_Z + 2 * reach.halo[0]
    height = TILE_Y + 2 * reach.halo[1]
    width = TILE_X + 2 * reach.halo[2]
    most = depth * height * width
    rows = (depth + 2 * reach.pad[0] + 2) * (height + 2 * reach.pad[1])
    words = (width + 2 * reach.pad[2]) // 64 + 4
    return Scratch(
        np.empty(most, np.uint64),
        np.empty(most, np.uint64),
        np.empty(most, np.int32),
        np.zeros(pair_count + 1, np.int32),
        np.empty(pair_count, np.uint32),
        np.empty(pair_count, np.int64),
        np.empty(pair_count, np.int64),
        np.empty(pair_count, np.int64),
        np.empty(rows * words, np.uint64),
        np.empty(rows * words, np.uint64),
        np.empty(TILE_Z * TILE_Y * TILE_WORDS, np.uint64),
    )


@njit(cache=True, nogil=True)
def find_runs(pairs, low, shape, scratch):
    """List the runs of pairs in a tile and its halo; count runs and distinct pairs."""
    runs, run_pair, index_of = scratch.runs, scratch.run_pair, scratch.index_of
    n = 0
    distinct = 0
    for z in range(shape[0]):
        for y in range(shape[1]):
            row = pairs[low[0] + z, low[1] + y, low[2] : low[2] + shape[2]]
            place = (U(z) << U(48)) | (U(y) << U(32))
            x = ZERO
            while x < U(shape[2]):
                pair = row[x]
                if pair == 0:
                    x += ONE
                    continue
                end = x + ONE
                while end < U(shape[2]) and row[end] == pair:
                    end += ONE
                if index_of[pair] == 0:
                    scratch.pairs[distinct] = pair
                    scratch.count[distinct] = 0
                    distinct += 1
                    index_of[pair] = distinct
                k = index_of[pair] - 1
                runs[n] = place | (x << U(16)) | end
                run_pair[n] = k
                scratch.count[k] += 1
                n += 1
                x = end
    for k in range(distinct):
        index_of[scratch.pairs[k]] = 0
    return n, distinct


@njit(cache=True, nogil=True)
def group_runs(scratch, n, distinct):
    """Put the runs of each pair one behind the other (counting sort)."""
    start, count = scratch.start, scratch.count
    at = 0
    for k in range(distinct):
        start[k] = at
        at += count[k]
    for i in range(n):
        k = scratch.run_pair[i]
        scratch.grouped[start[k]] = scratch.runs[i]
        start[k] += 1
    for k in range(distinct):
        start[k] -= count[k]


@njit(cache=True, nogil=True)
def sort_pairs(scratch, distinct):
    """Order the pairs of a tile, smallest first (Shell sort)."""
    pairs, order = scratch.pairs, scratch.order
    for k in range(distinct):
        order[k] = k
    gap = distinct // 2
    while gap > 0:
        for i in range(gap, distinct):
            k = order[i]
            j = i
            while j >= gap and pairs[order[j - gap]] > pairs[k]:
                order[j] = order[j - gap]
                j -= gap
            order[j] = k
        gap //= 2


@njit(cache=True, nogil=True)
def copy_core(pairs, low, shape, reach, scratch, out):
    """Copy the pairs of a tile's core, and note which voxels have one."""
    taken = scratch.taken
    words = U(TILE_WORDS)
    for z in range(shape[0]):
        for y in range(shape[1]):
            first = low[2] + reach.halo[2]
            plane, line = low[0] + z + reach.halo[0], low[1] + y + reach.halo[1]
            source = pairs[plane, line, first : first + shape[2]]
            target = out[low[0] + z, low[1] + y, low[2] : low[2] + shape[2]]
            at = U(z * TILE_Y + y) * words
            for x in range(U(shape[2])):
                target[x] = source[x]
            for w in range(words):
                word = ZERO
                for x in range(w * WORD, min((w + ONE) * WORD, U(shape[2]))):
                    word |= U(source[x] != 0) << (x & LAST)
                taken[at + w] = word


@njit(cache=True, nogil=True)
def bound_runs(scratch, k):
    """Bounding box (first, last; z, y, x) of a pair in its tile."""
    z0 = y0 = x0 = 1 << 20
    z1 = y1 = x1 = -1
    for i in range(scratch.start[k], scratch.start[k] + scratch.count[k]):
        run = scratch.grouped[i]
        z = np.int64(run >> U(48))
        y = np.int64((run >> U(32)) & U(0xFFFF))
        z0, z1 = min(z0, z), max(z1, z)
        y0, y1 = min(y0, y), max(y1, y)
        x0 = min(x0, np.int64((run >> U(16)) & U(0xFFFF)))
        x1 = max(x1, np.int64(run & U(0xFFFF)) - 1)
    return (z0, y0, x0), (z1, y1, x1)


@njit(cache=True, nogil=True)
def claim_column(bits, frame, w, area, pair, taken, flat):
    """Give a pair the voxels of a word of core rows that its mask covers and none has.

    ``area`` says where they are: start and stop along z and y in the tile; first voxel
    of the core in the tile, and in the block; width of the core; shape of the block.
    """
    z_range, y_range, inner, low, width, whole = area
    # The word starts within a word of the mask, and ends in the next one.
    position = inner[2] + 64 * w - frame.low[2]
    shift, skip = U(position & 63), position >> 6
    if skip < -1 or skip >= frame.words:
        return
    lower = U((skip + 1) * frame.column)
    upper = lower + U(frame.column)
    valid = ALL if width >= 64 * w + 64 else (ONE << U(width - 64 * w)) - ONE
    for z in range(z_range[0], z_range[1]):
        plane = (low[0] + z - inner[0]) * whole[1] + low[1] - inner[1]
        row = frame.guard + (z - frame.low[0]) * frame.height - frame.low[1]
        at = (z - inner[0]) * TILE_Y - inner[1]
        for y in range(y_range[0], y_range[1]):
            word = bits[lower + U(row + y)] >> shift
            if shift:
                word |= bits[upper + U(row + y)] << (WORD - shift)
            place = U((at + y) * TILE_WORDS + w)
            word &= ~taken[place] & valid
            if word == ZERO:
                continue
            taken[place] |= word
            target = U((plane + y) * whole[2] + low[2] + 64 * w)
            while word:
                flat[target + trailing_zeros(word)] = pair
                word &= word - ONE


@njit(cache=True, nogil=True)
def close_pair(k, low, shape, reach, closing, dilation, scratch, flat, whole):
    """Close and dilate one pair of a tile, and claim free voxels for it."""
    first, last = bound_runs(scratch, k)
    halo, spread = reach.halo, reach.spread
    for axis in range(3):
        if last[axis] + spread[axis] < halo[axis]:
            return
        if first[axis] - spread[axis] >= halo[axis] + shape[axis]:
            return
    frame = make_frame(first, last, reach.pad)
    begin = scratch.start[k]
    draw_runs(scratch.grouped, begin, begin + scratch.count[k], frame, scratch.bits)
    turn = close_and_dilate(scratch.bits, scratch.other, frame, closing, dilation)
    bits = scratch.other if turn else scratch.bits
    area = (
        (
            max(halo[0], first[0] - spread[0]),
            min(halo[0] + shape[0], last[0] + spread[0] + 1),
        ),
        (
            max(halo[1], first[1] - spread[1]),
            min(halo[1] + shape[1], last[1] + spread[1] + 1),
        ),
        halo,
        low,
        shape[2],
        whole,
    )
    for w in range((shape[2] + 63) // 64):
        claim_column(bits, frame, w, area, scratch.pairs[k], scratch.taken, flat)


@njit(cache=True, nogil=True)
def close_tiles(pairs, pair_count, reach, closing, dilation, out):
    """Close and dilate the pairs of a block tile by tile."""
    scratch = make_scratch(reach, pair_count)
    halo = reach.halo
    flat = out.ravel()
    for z in range(0, out.shape[0], TILE_Z):
        for y in range(0, out.shape[1], TILE_Y):
            for x in range(0, out.shape[2], TILE_X):
                low = (z, y, x)
                shape = (
                    min(TILE_Z, out.shape[0] - z),
                    min(TILE_Y, out.shape[1] - y),
                    min(TILE_X, out.shape[2] - x),
                )
                around = (
                    shape[0] + 2 * halo[0],
                    shape[1] + 2 * halo[1],
                    shape[2] + 2 * halo[2],
                )
                n, distinct = find_runs(pairs, low, around, scratch)
                group_runs(scratch, n, distinct)
                sort_pairs(scratch, distinct)
                copy_core(pairs, low, shape, reach, scratch, out)
                for i in range(distinct):
                    k = scratch.order[i]
                    close_pair(
                        *(k, low, shape, reach, closing, dilation, scratch),
                        *(flat, out.shape),
                    )


def close_sites(pairs, pair_count, closing, dilation):
    """Close and dilate the voxels of every pair.

    A voxel with a pair keeps it; one without gets the smallest pair whose closed and
    dilated mask covers it. Beyond the block and its halo there is nothing.

    Parameters
    ----------
    pairs : (Z + 2 hz, Y + 2 hy, X + 2 hx) array of uint32
        Pair numbers 1..pair_count, 0 is none, with the halo ``h``: twice the steps of
        the closing along each axis plus those of the dilation.
    pair_count : highest number
    closing, dilation : (N, 3), (M, 3) arrays of uint8
        Which axes each step grows along (z, y, x): 1, 1, 1 is a cross of face
        neighbours, 0, 1, 1 one within the section.

    Returns
    -------
    (Z, Y, X) array of uint32
    """
    steps = [np.array(s, np.uint8).reshape(-1, 3) for s in (closing, dilation)]
    inner, outer = (s.sum(axis=0, dtype=int) for s in steps)
    reach = Reach(
        tuple(int(v) for v in np.maximum(inner, outer) + 1),
        tuple(int(v) for v in 2 * inner + outer),
        tuple(int(v) for v in outer),
    )
    shape = tuple(n - 2 * h for n, h in zip(pairs.shape, reach.halo))
    out = np.empty(shape, np.uint32)
    close_tiles(pairs, pair_count, reach, *steps, out)
    return out
