"""Where lines leave a supervoxel and enter the next: counts for the area of contacts.

From every surface voxel lines go into 26 directions. They may pass background between
two cells, as far as the window reaches. What a line meets first decides which pair the
crossing belongs to.
"""

import numpy as np
from numba import njit

from neuropil.kernels.dense import find_slot
from neuropil.kernels.words import trailing_zeros

U = np.uint64
ZERO, ONE, SHIFT = U(0), U(1), U(32)
LOW = U(0xFFFFFFFF)
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
def vote(met, n):
    """Find the id most often in ``met[:n]``, the smallest of equals."""
    winner = met[ZERO]
    most = ZERO
    for i in range(n):
        most += U(met[i] == winner)
    if most + most > n:
        return winner
    for i in range(ONE, n):
        value = met[i]
        if value != winner:
            count = ZERO
            for j in range(n):
                count += U(met[j] == value)
            if count > most or (count == most and value < winner):
                most, winner = count, value
    return winner


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
    keys, entry, bits = table
    key = (U(min(own, other)) << SHIFT) | U(max(own, other))
    slot = find_slot(keys, bits, key)
    if keys[slot] == ZERO:
        keys[slot] = key
        entry[slot] = count
    return entry[slot]


@njit(cache=True, nogil=True)
def follow_lines(flat, here, leaving, lines):
    """Follow the lines that leave a voxel.

    Writes, per line, the id that it meets (0 if there is none within reach, or its own
    comes again) and its kind, and the list of those met behind background. Returns how
    many lines there are, how many met none, and the length of the list. There is no
    branch that depends on what a line meets: it would be guessed wrong half the time.
    """
    offsets, kinds, longest, met, kind, behind = lines
    own = flat[here]
    n, lost, listed = ZERO, ZERO, ZERO
    while leaving:
        d = trailing_zeros(leaving)
        leaving &= leaving - ONE
        value = flat[here + offsets[d]]
        through = value == 0
        if through:
            for k in range(longest[d], ONE, -1):
                there = flat[here + k * offsets[d]]
                value = there if there != 0 else value
        found = (value != 0) & (value != own)
        value = value if found else np.uint32(0)
        met[n] = value
        kind[n] = kinds[d]
        behind[listed] = value
        listed += U(through & found)
        lost += U(not found)
        n += ONE
    return n, lost, listed


@njit(cache=True, nogil=True)
def count_row(flat, at, lines, marks, row, pair_of, sited, table, counts, begin, count):
    """Count the crossings of a row from voxel ``begin`` on.

    A line that meets no other supervoxel within reach goes to the one that most lines
    of its voxel meet behind background, or else to the partner of the voxel's label.

    Returns
    -------
    The first voxel that is left, because the table of strays is full, and how many
    pairs the table holds.
    """
    met, kind, behind = lines[3], lines[4], lines[5]
    most = U(table[0].size // 2 - lines[0].size)
    stray_own, stray_other, stray = np.uint32(0), np.uint32(0), ZERO
    for x in range(begin, U(row.size)):
        if marks[x] == 0:
            continue
        if count > most:
            return x, count
        own = flat[at + x]
        label = U(row[x]) * COLUMNS
        partner = other_side(pair_of[row[x]], own)
        n, lost, listed = follow_lines(flat, at + x, U(marks[x]), lines)
        fallback = partner
        if lost and listed:
            fallback = vote(behind, listed)
        for i in range(n):
            value = met[i] if met[i] != 0 else fallback
            column = kind[i] if own < value else kind[i] + CLASSES
            if value == partner:
                sited[label + column] += np.int64(value != 0)
            elif value != 0:
                if value != stray_other or own != stray_own:
                    stray_own, stray_other = own, value
                    stray = find_stray(own, value, table, count)
                    count = max(count, stray + ONE)
                counts[stray * COLUMNS + column] += 1
    return U(row.size), count


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
def count_lines(numbers, halo, labels, pair_of, offsets, kinds, longest, sited):
    """Count all crossings of a block; see `count_crossings`."""
    _, height, width = numbers.shape
    flat = numbers.ravel()
    size = offsets.size
    met, behind = np.empty(size, np.uint32), np.empty(size + 1, np.uint32)
    lines = (offsets, kinds, longest, met, np.empty(size, np.uint64), behind)
    marks = np.empty(labels.shape[2], np.uint32)
    bits, count = FIRST_BITS, ZERO
    keys = np.zeros(1 << bits, np.uint64)
    entry = np.empty(1 << bits, np.uint64)
    counts = np.zeros(14 << (bits - 1), np.int64)
    for z in range(labels.shape[0]):
        for y in range(labels.shape[1]):
            row = labels[z, y]
            at = U(((z + halo[0]) * height + y + halo[1]) * width + halo[2])
            mark_lines(flat, at, offsets, U(row.size), marks)
            begin = ZERO
            while begin < U(row.size):
                begin, count = count_row(
                    *(flat, at, lines, marks, row, pair_of, sited),
                    *((keys, entry, U(bits)), counts, begin, count),
                )
                if begin < U(row.size):
                    bits += 1
                    keys, entry, counts = enlarge(keys, entry, counts, bits)
    pairs = np.empty(count, np.uint64)
    for slot in range(keys.size):
        if keys[slot] != ZERO:
            pairs[entry[slot]] = keys[slot]
    return pairs, counts[: count * COLUMNS].copy()


def count_crossings(numbers, labels, pair_of, lines):
    """Count the lines that lead from one supervoxel into another, by direction.

    Parameters
    ----------
    numbers : (Z + 2 hz, Y + 2 hy, X + 2 hx) array of uint32
        Supervoxel numbers, 0 is background; the halo is at least as far as lines reach.
    labels : (Z, Y, X) array of uint32
        What a crossing is counted for: label of the voxel where the line leaves.
    pair_of : (n + 1,) array of uint64
        Pair of each label, ``smaller number << 32 | larger number``; 0 of label 0.
    lines : steps, kinds, longest of `surface.line_reach`

    Returns
    -------
    sited : (n + 1, 14) array of int64
        Crossings per label: 7 classes of directions (z, y, x, zy, zx, yx, zyx) that
        leave the smaller id, then 7 that leave the larger one.
    pairs : (m,) array of uint64
        Pairs with crossings at voxels that have no label of this pair, ascending.
    stray : (m, 14) array of int64
        Their crossings.
    """
    steps, kinds, longest = lines
    halo = tuple((n - m) // 2 for n, m in zip(numbers.shape, labels.shape))
    strides = np.array([numbers.shape[1] * numbers.shape[2], numbers.shape[2], 1])
    sited = np.zeros(len(pair_of) * 14, np.int64)
    pairs, stray = count_lines(
        *(np.ascontiguousarray(numbers), halo, np.ascontiguousarray(labels), pair_of),
        *(np.asarray(v).astype(np.uint64) for v in (steps @ strides, kinds, longest)),
        sited,
    )
    order = np.argsort(pairs)
    return sited.reshape(-1, 14), pairs[order], stray.reshape(-1, 14)[order]
