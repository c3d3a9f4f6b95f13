"""Where lines leave a supervoxel and enter the next: counts for the area of contacts.

From every surface voxel lines go into 26 directions. They may pass background between
two cells, up to a length. What they meet decides which pair the crossings belong to.
"""

import numpy as np
from numba import njit

from neuropil.kernels.dense import find_slot
from neuropil.kernels.words import trailing_zeros

U = np.uint64
ZERO, ONE, SHIFT = U(0), U(1), U(32)
LOW = U(0xFFFFFFFF)
FAR = U(0xFFFFFFFFFFFFFFFF)
U8 = np.uint8
CLASSES = U(7)
COLUMNS = U(14)
FIRST_BITS = 10


@njit(cache=True, nogil=True)
def mark_lines(flat, at, offsets, size, marks):
    """Set bit d of a voxel with an id if its line d leaves it at once."""
    for x in range(size):
        marks[x] = 0
    for d in range(offsets.size):
        there = at + offsets[d]
        bit = np.uint32(1) << np.uint32(d)
        for x in range(size):
            leaves = flat[there + x] != flat[at + x]
            marks[x] |= bit if leaves else np.uint32(0)
    for x in range(size):
        marks[x] = marks[x] if flat[at + x] else np.uint32(0)


@njit(cache=True, nogil=True)
def other_side(pair, own):
    """Partner of an id in a packed pair; 0 if the id is not in it."""
    low, high = np.uint32(pair >> SHIFT), np.uint32(pair & LOW)
    if own == low:
        return high
    if own == high:
        return low
    return np.uint32(0)


@njit(cache=True, nogil=True)
def find_stray(own, other, table, count):
    """Row of a pair in the table of strays; ``count``, a new one, if it has none."""
    keys, entry, bits = table[0], table[1], table[2]
    key = (U(min(own, other)) << SHIFT) | U(max(own, other))
    slot = find_slot(keys, bits, key)
    if keys[slot] == ZERO:
        keys[slot] = key
        entry[slot] = count
    return entry[slot]


@njit(cache=True, nogil=True)
def follow_lines(flat, here, leaving, lines):
    """Follow the lines that leave a voxel.

    Writes, per line, the id that it enters at once (0 if it enters background) and its
    kind. There is no branch that depends on what a line meets: it would be guessed
    wrong half the time.

    Returns
    -------
    How many lines there are; the nearest id that any of them meets; the nearest one
    behind background. Both are packed with their distance, ``distance << 32 | id``, so
    that of equals the smallest id is nearest; `FAR` if there is none.
    """
    offsets, kinds, longest, lengths, met, kind = lines
    own = flat[here]
    n, nearest, behind = ZERO, FAR, FAR
    while leaving:
        d = trailing_zeros(leaving)
        leaving &= leaving - ONE
        value, steps = flat[here + offsets[d]], ONE
        through = value == 0
        met[n] = value
        kind[n] = kinds[d]
        n += ONE
        if through:
            for k in range(longest[d], ONE, -1):
                there = flat[here + k * offsets[d]]
                steps = k if there != 0 else steps
                value = there if there != 0 else value
        found = (value != 0) & (value != own)
        key = (steps * lengths[d]) << SHIFT | U(value) if found else FAR
        nearest = min(nearest, key)
        behind = min(behind, key if through else FAR)
    return n, nearest, behind


@njit(cache=True, nogil=True)
def name_gap(nearest, behind):
    """Id that lines into background belong to, and the next if that is the same cell.

    The second id is 0 where the first lies behind background, too.
    """
    first = np.uint32(nearest & LOW) if nearest != FAR else np.uint32(0)
    second = np.uint32(behind & LOW) if behind != FAR else np.uint32(0)
    return first, second if second != first else np.uint32(0)


@njit(cache=True, nogil=True)
def count_row(flat, at, lines, marks, row, pair_of, sited, table, counts, begin, state):
    """Count the crossings of a row from voxel ``begin`` on.

    ``state`` is how many pairs the table of strays holds, and how many corners have
    been written, ``corners`` (ids, counts) where those go.

    Returns
    -------
    The first voxel that is left, because the table of strays or of corners is full, and
    the new state.
    """
    met, kind = lines[4], lines[5]
    keys, corner_ids, corner_counts = table[0], table[3], table[4]
    most = U(keys.size // 2 - lines[0].size)
    count, corner = state
    stray_own, stray_other, stray = np.uint32(0), np.uint32(0), ZERO
    for x in range(begin, U(row.size)):
        if marks[x] == 0:
            continue
        if count > most or corner == U(len(corner_ids)):
            return x, (count, corner)
        own = flat[at + x]
        label = U(row[x]) * COLUMNS
        partner = other_side(pair_of[row[x]], own)
        n, nearest, behind = follow_lines(flat, at + x, U(marks[x]), lines)
        first, second = name_gap(nearest, behind)
        if second != 0:
            corner_ids[corner, 0], corner_ids[corner, 1] = own, first
            corner_ids[corner, 2] = second
        for i in range(n):
            if met[i] == 0 and second != 0:
                corner_counts[corner, kind[i]] += U8(1)
                continue
            value = met[i] if met[i] != 0 else first
            column = kind[i] if own < value else kind[i] + CLASSES
            if value == partner:
                sited[label + column] += np.int64(value != 0)
            elif value != 0:
                if value != stray_other or own != stray_own:
                    stray_own, stray_other = own, value
                    stray = find_stray(own, value, table, count)
                    count = max(count, stray + ONE)
                counts[stray * COLUMNS + column] += 1
        corner += U(second != 0)
    return U(row.size), (count, corner)


@njit(cache=True, nogil=True)
def enlarge(keys, entry, counts, bits):
    """Copy a table of stray pairs into one with 2**bits slots."""
    new_keys = np.zeros(1 << bits, np.uint64)
    new_entry = np.empty(1 << bits, np.uint64)
    new_counts = np.zeros(14 << (bits - 1), np.int64)
    for slot in range(keys.size):
        if keys[slot] != ZERO:
            place = find_slot(new_keys, U(bits), keys[slot])
            new_keys[place] = keys[slot]
            new_entry[place] = entry[slot]
    for i in range(counts.size):
        new_counts[i] = counts[i]
    return new_keys, new_entry, new_counts


@njit(cache=True, nogil=True)
def lengthen(ids, counts):
    """Copy a table of corners into one of twice the length."""
    new_ids = np.zeros((2 * len(ids), 3), np.uint32)
    new_counts = np.zeros((2 * len(ids), 7), np.uint8)
    new_ids[: len(ids)] = ids
    new_counts[: len(ids)] = counts
    return new_ids, new_counts


@njit(cache=True, nogil=True)
def count_lines(numbers, halo, labels, pair_of, directions, sited):
    """Count all crossings of a block; see `count_crossings`."""
    _, height, width = numbers.shape
    flat = numbers.ravel()
    offsets, kinds, longest, lengths = directions
    size = offsets.size
    met, kind = np.empty(size, np.uint32), np.empty(size, np.uint64)
    lines = (offsets, kinds, longest, lengths, met, kind)
    marks = np.empty(labels.shape[2], np.uint32)
    bits, state = FIRST_BITS, (ZERO, ZERO)
    keys = np.zeros(1 << bits, np.uint64)
    entry = np.empty(1 << bits, np.uint64)
    counts = np.zeros(14 << (bits - 1), np.int64)
    corner_ids, corner_counts = lengthen(
        np.zeros((1 << bits, 3), np.uint32), np.zeros((1 << bits, 7), np.uint8)
    )
    for z in range(labels.shape[0]):
        for y in range(labels.shape[1]):
            row = labels[z, y]
            at = U(((z + halo[0]) * height + y + halo[1]) * width + halo[2])
            mark_lines(flat, at, offsets, U(row.size), marks)
            begin = ZERO
            while begin < U(row.size):
                begin, state = count_row(
                    *(flat, at, lines, marks, row, pair_of, sited),
                    *((keys, entry, U(bits), corner_ids, corner_counts), counts),
                    *(begin, state),
                )
                if begin < U(row.size) and state[1] == U(len(corner_ids)):
                    corner_ids, corner_counts = lengthen(corner_ids, corner_counts)
                elif begin < U(row.size):
                    bits += 1
                    keys, entry, counts = enlarge(keys, entry, counts, bits)
    pairs = np.empty(state[0], np.uint64)
    for slot in range(keys.size):
        if keys[slot] != ZERO:
            pairs[entry[slot]] = keys[slot]
    corners = corner_ids[: state[1]].copy(), corner_counts[: state[1]].copy()
    return pairs, counts[: state[0] * COLUMNS].copy(), corners


def count_crossings(numbers, labels, pair_of, lines):
    """Count the lines that lead from one supervoxel into another, by direction.

    A line that enters another supervoxel at once belongs to that. All lines of a voxel
    that enter background belong together, to the supervoxel that is nearest: at the
    corners of cells, oblique lines along the gaps would else lead to third ones. Where
    the nearest touches the voxel and lines meet another one behind background, the
    choice is left open, since the nearest may turn out to be of the same cell.

    Parameters
    ----------
    numbers : (Z + 2 hz, Y + 2 hy, X + 2 hx) array of uint32
        Supervoxel numbers, 0 is background; the halo is at least as far as lines reach.
    labels : (Z, Y, X) array of uint32
        What a crossing is counted for: label of the voxel where the line leaves.
    pair_of : (n + 1,) array of uint64
        Pair of each label, ``smaller number << 32 | larger number``; 0 of label 0.
    lines : steps, kinds, longest, lengths of `surface.line_reach`

    Returns
    -------
    sited : (n + 1, 14) array of int64
        Crossings per label: 7 classes of directions (z, y, x, zy, zx, yx, zyx) that
        leave the smaller id, then 7 that leave the larger one.
    pairs : (m,) array of uint64
        Pairs with crossings at voxels that have no label of this pair, ascending.
    stray : (m, 14) array of int64
        Their crossings.
    corners : ids (k, 3) array of uint32 and crossings (k, 7) array of uint8
        Voxels whose choice is open: their own number, that of the nearest supervoxel
        and that of the nearest behind background; crossings into background.
    """
    steps, kinds, longest, lengths = lines
    halo = tuple((n - m) // 2 for n, m in zip(numbers.shape, labels.shape))
    strides = np.array([numbers.shape[1] * numbers.shape[2], numbers.shape[2], 1])
    sited = np.zeros(len(pair_of) * 14, np.int64)
    directions = (steps @ strides, kinds, longest, lengths)
    pairs, stray, corners = count_lines(
        *(np.ascontiguousarray(numbers), halo, np.ascontiguousarray(labels), pair_of),
        tuple(np.asarray(v).astype(np.uint64) for v in directions),
        sited,
    )
    order = np.argsort(pairs)
    return sited.reshape(-1, 14), pairs[order], stray.reshape(-1, 14)[order], corners
