"""Where lines leave a supervoxel and enter the next: counts for the area of contacts.

From every surface voxel lines go into 26 directions. They may pass background between
two cells, up to a length. What they meet decides which pair the crossings belong to.
"""

import numpy as np
from numba import njit

from neuropil.kernels.dense import find_slot
from neuropil.kernels.words import trailing_zeros

U = np.uint64
ZERO, ONE, TWO, SHIFT = U(0), U(1), U(2), U(32)
LOW = U(0xFFFFFFFF)
FAR = U(0xFFFFFFFFFFFFFFFF)
CLASSES = U(7)
COLUMNS = U(14)
FIRST_BITS = U(12)


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
def find_row(table, key, count):
    """Row of a key in a table; ``count``, a new one, if it has none."""
    keys, entry, bits = table
    slot = find_slot(keys, bits, key)
    if keys[slot] == ZERO:
        keys[slot] = key
        entry[slot] = count
    return entry[slot]


@njit(cache=True, nogil=True)
def pack_pair(own, other):
    """Key of a pair of ids in the table of strays."""
    return (U(min(own, other)) << SHIFT) | U(max(own, other))


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
def count_row(flat, at, lines, marks, row, pair_of, sited, tables, counts, begin, used):
    """Count the crossings of a row from voxel ``begin`` on.

    ``tables`` and ``counts`` are those of strays and of corners, ``used`` says how many
    rows each has.

    Returns
    -------
    The first voxel that is left, because a table is full, and the rows of both tables.
    """
    met, kind = lines[4], lines[5]
    strays, corners = tables
    room = U(lines[0].size)
    most_strays, most_corners = U(strays[0].size) // TWO, U(corners[0].size) // TWO
    count, bends = used
    stray_own, stray_other, stray = np.uint32(0), np.uint32(0), ZERO
    for x in range(begin, U(row.size)):
        if marks[x] == 0:
            continue
        if count + room > most_strays or bends >= most_corners:
            return x, (count, bends)
        own = flat[at + x]
        label = U(row[x]) * COLUMNS
        partner = other_side(pair_of[row[x]], own)
        n, nearest, behind = follow_lines(flat, at + x, U(marks[x]), lines)
        first, second = name_gap(nearest, behind)
        bend = ZERO
        if second != 0:
            pair = find_row(strays, pack_pair(own, first), count)
            count = max(count, pair + ONE)
            bend = find_row(corners, (pair + ONE) << SHIFT | U(second), bends)
            bends = max(bends, bend + ONE)
        for i in range(n):
            value = met[i] if met[i] != 0 else first
            column = kind[i] if own < value else kind[i] + CLASSES
            if met[i] == 0 and second != 0:
                counts[1][bend * COLUMNS + column] += 1
            elif value == partner:
                sited[label + column] += np.int64(value != 0)
            elif value != 0:
                if value != stray_other or own != stray_own:
                    stray_own, stray_other = own, value
                    stray = find_row(strays, pack_pair(own, value), count)
                    count = max(count, stray + ONE)
                counts[0][stray * COLUMNS + column] += 1
    return U(row.size), (count, bends)


@njit(cache=True, nogil=True)
def make_table(bits):
    """Table with 2**bits slots: keys, the rows that they have, bits; and its counts.

    It holds half as many keys.
    """
    keys = np.zeros(U(1) << bits, np.uint64)
    entry = np.zeros(U(1) << bits, np.uint64)
    return (keys, entry, bits), np.zeros(COLUMNS << (bits - ONE), np.int64)


@njit(cache=True, nogil=True)
def enlarge(table, counts):
    """Copy a table and its counts into those of twice the size."""
    new, new_counts = make_table(table[2] + ONE)
    keys, entry = table[0], table[1]
    for slot in range(keys.size):
        if keys[slot] != ZERO:
            place = find_slot(new[0], new[2], keys[slot])
            new[0][place] = keys[slot]
            new[1][place] = entry[slot]
    for i in range(counts.size):
        new_counts[i] = counts[i]
    return new, new_counts


@njit(cache=True, nogil=True)
def list_keys(table, count):
    """Keys of a table by row."""
    out = np.empty(count, np.uint64)
    for slot in range(table[0].size):
        if table[0][slot] != ZERO:
            out[table[1][slot]] = table[0][slot]
    return out


@njit(cache=True, nogil=True)
def count_lines(numbers, halo, labels, pair_of, directions, sited):
    """Count all crossings of a block; see `count_crossings`.

    Returns
    -------
    Keys and counts by row, of strays (packed pairs) and of corners (row of a stray from
    1 ``<< 32 |`` what lies behind)
    """
    _, height, width = numbers.shape
    flat = numbers.ravel()
    offsets, kinds, longest, lengths = directions
    size = offsets.size
    met, kind = np.empty(size, np.uint32), np.empty(size, np.uint64)
    lines = (offsets, kinds, longest, lengths, met, kind)
    marks = np.empty(labels.shape[2], np.uint32)
    strays, stray_counts = make_table(FIRST_BITS)
    corners, corner_counts = make_table(FIRST_BITS)
    used = (ZERO, ZERO)
    for z in range(labels.shape[0]):
        for y in range(labels.shape[1]):
            row = labels[z, y]
            at = U(((z + halo[0]) * height + y + halo[1]) * width + halo[2])
            mark_lines(flat, at, offsets, U(row.size), marks)
            begin = ZERO
            while begin < U(row.size):
                begin, used = count_row(
                    *(flat, at, lines, marks, row, pair_of, sited),
                    *((strays, corners), (stray_counts, corner_counts), begin, used),
                )
                if begin < U(row.size):
                    if used[1] >= U(corners[0].size) // TWO:
                        corners, corner_counts = enlarge(corners, corner_counts)
                    else:
                        strays, stray_counts = enlarge(strays, stray_counts)
    return (
        (list_keys(strays, used[0]), stray_counts[: used[0] * COLUMNS].copy()),
        (list_keys(corners, used[1]), corner_counts[: used[1] * COLUMNS].copy()),
    )


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
    strays : (m, 3) array of uint32
        Pairs of numbers with crossings at voxels that have no label of the pair,
        ascending, and what lies behind: 0, or for crossings whose choice is open, the
        nearest number behind background.
    crossings : (m, 14) array of int64
        Those of the strays.
    """
    steps, kinds, longest, lengths = lines
    halo = tuple((n - m) // 2 for n, m in zip(numbers.shape, labels.shape))
    strides = np.array([numbers.shape[1] * numbers.shape[2], numbers.shape[2], 1])
    sited = np.zeros(len(pair_of) * 14, np.int64)
    directions = (steps @ strides, kinds, longest, lengths)
    strays, corners = count_lines(
        *(np.ascontiguousarray(numbers), halo, np.ascontiguousarray(labels), pair_of),
        tuple(np.asarray(v).astype(np.uint64) for v in directions),
        sited,
    )
    behind = np.append(np.zeros(len(strays[0]), np.uint64), corners[0] & LOW)
    keys = np.append(strays[0], strays[0][(corners[0] >> SHIFT).astype(np.int64) - 1])
    crossings = np.append(strays[1], corners[1]).reshape(-1, 14)
    order = np.lexsort((behind, keys))
    order = order[crossings[order].any(axis=1)]  # a pair may have no crossings but open
    ids = np.stack([keys >> SHIFT, keys & LOW, behind], axis=1).astype(np.uint32)
    return sited.reshape(-1, 14), ids[order], crossings[order]
