"""Masks as bits, 64 voxels of a row in a word, grown and shrunk by steps of a cross.

A mask is columns of words: column w holds the bits 64 w .. 64 w + 63 of all rows, y
fastest, then z. Before the first and after the last column lies one of zeros, and at
both ends of each column are rows of zeros, so that no step needs to look for a border.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

U = np.uint64
ZERO, ONE, SIX, LAST, WORD = U(0), U(1), U(6), U(63), U(64)
ALL = U(0xFFFFFFFFFFFFFFFF)


class Frame(NamedTuple):
    """Where the voxels of a mask lie.

    Attributes
    ----------
    low : (z, y, x), voxel of bit 0 of the first row
    height : rows of a plane
    size : rows in all
    guard : rows of zeros before and after them
    column : rows from one column to the next
    words : columns, without those of zeros
    """

    low: tuple[int, int, int]
    height: int
    size: int
    guard: int
    column: int
    words: int


@njit(cache=True, nogil=True)
def make_frame(first, last, pad):
    """Frame a bounding box (both ends belong to it) with a margin."""
    low = (first[0] - pad[0], first[1] - pad[1], first[2] - pad[2])
    height = last[1] - low[1] + 1 + pad[1]
    size = (last[0] - low[0] + 1 + pad[0]) * height
    words = (last[2] - low[2] + pad[2] + 64) // 64
    guard = height + 1
    return Frame(low, height, size, guard, size + 2 * guard, words)


@njit(cache=True, nogil=True)
def draw_runs(runs, begin, end, frame, bits):
    """Clear a mask and draw runs (z << 48 | y << 32 | first x << 16 | end x) in it."""
    for i in range(U((frame.words + 2) * frame.column)):
        bits[i] = ZERO
    low, height, column = frame.low, frame.height, U(frame.column)
    for i in range(begin, end):
        run = runs[i]
        z = np.int64(run >> U(48)) - low[0]
        y = np.int64((run >> U(32)) & U(0xFFFF)) - low[1]
        row = U(frame.guard + z * height + y) + column
        x = U(np.int64((run >> U(16)) & U(0xFFFF)) - low[2])
        stop = U(np.int64(run & U(0xFFFF)) - low[2])
        while x < stop:
            until = min(stop, (x | LAST) + ONE)
            mask = ALL >> (WORD - (until - x))
            bits[row + (x >> SIX) * column] |= mask << (x & LAST)
            x = until


@njit(cache=True, nogil=True)
def clear_guards(frame, bits):
    """Clear the columns and rows around a mask."""
    column, guard, end = U(frame.column), U(frame.guard), U(frame.words + 1)
    for i in range(column):
        bits[i] = ZERO
        bits[end * column + i] = ZERO
    for w in range(ONE, end):
        for i in range(guard):
            bits[w * column + i] = ZERO
            bits[(w + ONE) * column - ONE - i] = ZERO


@njit(cache=True, nogil=True)
def grow(source, target, frame, step):
    """Grow a mask by one step along the axes that ``step`` names.

    Row i +- 1 is the neighbour along y, row i +- height along z; the columns before and
    after hold the neighbours along x across the ends of a word.
    """
    height, column = U(frame.height), U(frame.column)
    for w in range(ONE, U(frame.words + 1)):
        begin = w * column + U(frame.guard)
        end = begin + U(frame.size)
        if step[1] and step[2]:
            if step[0]:
                for i in range(begin, end):
                    word = source[i]
                    word |= (word << ONE) | (source[i - column] >> LAST)
                    word |= (source[i] >> ONE) | (source[i + column] << LAST)
                    word |= source[i - ONE] | source[i + ONE]
                    target[i] = word | source[i - height] | source[i + height]
            else:
                for i in range(begin, end):
                    word = source[i]
                    word |= (word << ONE) | (source[i - column] >> LAST)
                    word |= (source[i] >> ONE) | (source[i + column] << LAST)
                    target[i] = word | source[i - ONE] | source[i + ONE]
            continue
        mz = ALL if step[0] else ZERO
        my = ALL if step[1] else ZERO
        mx = ALL if step[2] else ZERO
        for i in range(begin, end):
            word = source[i]
            x = (word << ONE) | (source[i - column] >> LAST)
            x |= (word >> ONE) | (source[i + column] << LAST)
            y = source[i - ONE] | source[i + ONE]
            z = source[i - height] | source[i + height]
            target[i] = word | (x & mx) | (y & my) | (z & mz)


@njit(cache=True, nogil=True)
def grow_steps(one, other, frame, steps, turn):
    """Grow a mask that is in ``one`` (turn 0) or ``other``; return where it is."""
    for i in range(steps.shape[0]):
        if turn:
            grow(other, one, frame, steps[i])
        else:
            grow(one, other, frame, steps[i])
        turn = 1 - turn
    return turn


@njit(cache=True, nogil=True)
def invert(bits, frame):
    """Complement a mask."""
    for w in range(ONE, U(frame.words + 1)):
        begin = w * U(frame.column) + U(frame.guard)
        for i in range(begin, begin + U(frame.size)):
            bits[i] = ~bits[i]


@njit(cache=True, nogil=True)
def close_and_dilate(one, other, frame, closing, dilation):
    """Close and dilate the mask ``one``; return 1 if the result is in ``other``.

    To erode is to grow the complement. Its border rows and bits are set, and they keep
    their neighbours set, so that zeros around the mask do no harm.
    """
    clear_guards(frame, other)
    turn = grow_steps(one, other, frame, closing, 0)
    invert(other if turn else one, frame)
    turn = grow_steps(one, other, frame, closing, turn)
    invert(other if turn else one, frame)
    return grow_steps(one, other, frame, dilation, turn)
