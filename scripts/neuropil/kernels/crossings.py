"""Where lines leave a supervoxel and enter the next: counts for the area of contacts.

From every surface voxel lines go into 26 directions. They may pass background between
two cells, up to a length. What they meet decides which pair the crossings belong to.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from neuropil.kernels.dense import find_slot
from neuropil.kernels.words import count_ones, trailing_zeros
from neuropil.surface import plan_lines

U = np.uint64
ZERO, ONE, TWO, SHIFT = U(0), U(1), U(2), U(32)
LOW = U(0xFFFFFFFF)
NONE = np.uint32(0xFFFFFFFF)  # no voxel inside of a volume has it
CLASSES = U(7)
COLUMNS = U(14)
FIRST_BITS = U(12)


class Row(NamedTuple):
    """Which lines leave the voxels of a row, and the ids they lead to; all (n,) uint32.

    Attributes
    ----------
    direct, next : bits of the lines that lead to the nearest id next to the voxel
    apart : bits of those that enter other ids at once
    gaps, across : bits of those that lead through a gap, and the id they belong to
    open : the nearest id behind the gap, if ``across`` is another one next to the voxel
    near, far, left, met : scratch
    """

    direct: np.ndarray
    next: np.ndarray
    apart: np.ndarray
    gaps: np.ndarray
    across: np.ndarray
    open: np.ndarray
    near: np.ndarray
    far: np.ndarray
    left: np.ndarray
    met: np.ndarray


@njit(cache=True, nogil=True)
def mark_lines(flat, at, offsets, size, direct, gaps):
    """Set bit d of a voxel with an id if its line d enters another id, or a gap."""
    for x in range(size):
        direct[x] = gaps[x] = 0
    for d in range(offsets.size):
        there = at + offsets[d]
        bit = np.uint32(1) << np.uint32(d)
        for x in range(size):
            value = flat[there + x]
            direct[x] |= bit if value != flat[at + x] else np.uint32(0)
            gaps[x] |= bit if value == 0 else np.uint32(0)
    for x in range(size):
        own = flat[at + x]
        gaps[x] = gaps[x] if own else np.uint32(0)
        direct[x] = direct[x] ^ gaps[x] if own else np.uint32(0)


@njit(cache=True, nogil=True)
def find_nearest(flat, at, size, lines, places, nearest, distance, left, met):
    """Find the nearest other id on some lines of each voxel; of equals, the smallest.

    Places are looked at from near to far, and those of equal distance together; a line
    ends at the first id on it. Loops run over the row inside of those over places, and
    without a branch, so that they become vector instructions.
    """
    offsets, bits, stops, distances = places
    for x in range(size):
        nearest[x] = NONE
        distance[x] = 0
        left[x] = lines[x]
    first = 0
    for g in range(stops.size):
        for x in range(size):
            met[x] = NONE
        for s in range(first, stops[g]):
            there, bit = at + offsets[s], bits[s]
            for x in range(size):
                value = flat[there + x]
                line = left[x] & bit if value != 0 else np.uint32(0)
                left[x] ^= line
                found = (line != 0) & (value != flat[at + x])
                met[x] = min(met[x], value if found else NONE)
        first = stops[g]
        far = distances[g]
        for x in range(size):
            fresh = (nearest[x] == NONE) & (met[x] != NONE)
            nearest[x] = met[x] if fresh else nearest[x]
            distance[x] = far if fresh else distance[x]


@njit(cache=True, nogil=True)
def mark_apart(flat, at, offsets, size, direct, nearest, apart):
    """Set the bits of the direct lines that do not enter the nearest id."""
    for x in range(size):
        apart[x] = 0
    for d in range(offsets.size):
        there = at + offsets[d]
        bit = np.uint32(1) << np.uint32(d)
        for x in range(size):
            other = flat[there + x] != nearest[x]
            apart[x] |= direct[x] & bit if other else np.uint32(0)


@njit(cache=True, nogil=True)
def choose_across(size, direct, nearest, apart, gaps, across, behind, near, far):
    """Give lines into gaps to the nearest id; leave the choice open where it is next.

    ``across`` has the nearest id behind the gap, and gets the one that lines belong to;
    ``near`` and ``far`` are the distances of ``nearest`` and ``across``. Lines that
    belong to ``nearest`` for good become direct ones.
    """
    for x in range(size):
        closer = (far[x] < near[x]) | ((far[x] == near[x]) & (across[x] < nearest[x]))
        beyond = (across[x] != NONE) & ((nearest[x] == NONE) | closer)
        first = across[x] if beyond else nearest[x]
        behind[x] = across[x] if across[x] != first else NONE
        across[x] = first
        lines = gaps[x] if first != NONE else np.uint32(0)
        joined = lines if behind[x] == NONE and first == nearest[x] else np.uint32(0)
        direct[x] = (direct[x] ^ apart[x]) | joined
        gaps[x] = lines ^ joined


@njit(cache=True, nogil=True)
def follow_lines(flat, at, size, lines, row):
    """Follow the lines of all voxels of a row."""
    near, far, left, met = row.near, row.far, row.left, row.met
    mark_lines(flat, at, lines.offsets, size, row.direct, row.gaps)
    find_nearest(flat, at, size, row.direct, lines.firsts, row.next, near, left, met)
    find_nearest(flat, at, size, row.gaps, lines.others, row.across, far, left, met)
    mark_apart(flat, at, lines.offsets, size, row.direct, row.next, row.apart)
    choose_across(
        *(size, row.direct, row.next, row.apart, row.gaps, row.across, row.open),
        *(near, far),
    )


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
def find_row(keys, entry, bits, key, count):
    """Row of a key in a table; ``count``, a new one, if it has none.

    Without a branch, at which the arrays' references would be counted.
    """
    slot = find_slot(keys, bits, key)
    entry[slot] = count if keys[slot] == ZERO else entry[slot]
    keys[slot] = key
    return entry[slot]


@njit(cache=True, nogil=True)
def pack_pair(own, other):
    """Key of a pair of ids in the table of strays."""
    return (U(min(own, other)) << SHIFT) | U(max(own, other))


@njit(cache=True, nogil=True)
def add_lines(counts, at, lines, masks):
    """Add lines to the seven counts of their classes."""
    for c in range(CLASSES):
        counts[at + c] += np.int64(count_ones(lines & masks[c]))


@njit(cache=True, nogil=True)
def count_row(
    flat, at, lines, row, labels, pair_of, sited, tables, counts, begin, used
):
    """Count the crossings of a row from voxel ``begin`` on.

    ``tables`` and ``counts`` are those of strays and of corners, ``used`` says how many
    rows each has.

    Returns
    -------
    The first voxel that is left, because a table is full, and the rows of both tables.
    """
    keys, rows, bits = tables[0]
    corner_keys, corner_rows, corner_bits = tables[1]
    stray_counts, corner_counts = counts
    direct, nearest, apart = row.direct, row.next, row.apart
    gaps, across, behind = row.gaps, row.across, row.open
    offsets, masks = lines.offsets, lines.masks
    room = U(offsets.size) + TWO
    most, most_corners = U(keys.size) // TWO, U(corner_keys.size) // TWO
    count, bends = used
    pair, k = ZERO, ZERO
    for x in range(begin, U(labels.size)):
        if direct[x] | gaps[x] | apart[x] == 0:
            continue
        if count + room > most or bends >= most_corners:
            return x, (count, bends)
        own = flat[at + x]
        label = U(labels[x]) * COLUMNS
        partner = other_side(pair_of[labels[x]], own)
        passing, value, rest = U(direct[x]), nearest[x], U(apart[x])
        while passing:
            side = ZERO if own < value else CLASSES
            if value == partner:
                add_lines(sited, label + side, passing, masks)
            else:
                if pack_pair(own, value) != pair:
                    pair = pack_pair(own, value)
                    k = find_row(keys, rows, bits, pair, count)
                    count = max(count, k + ONE)
                add_lines(stray_counts, k * COLUMNS + side, passing, masks)
            d = trailing_zeros(rest)
            passing = rest & (ZERO - rest)
            rest ^= passing
            value = flat[at + x + offsets[d]] if passing else value
        if gaps[x] == 0:
            continue
        value = across[x]
        side = ZERO if own < value else CLASSES
        if behind[x] == NONE and value == partner:
            add_lines(sited, label + side, U(gaps[x]), masks)
            continue
        if pack_pair(own, value) != pair:
            pair = pack_pair(own, value)
            k = find_row(keys, rows, bits, pair, count)
            count = max(count, k + ONE)
        if behind[x] == NONE:
            add_lines(stray_counts, k * COLUMNS + side, U(gaps[x]), masks)
        else:
            key = (k + ONE) << SHIFT | U(behind[x])
            bend = find_row(corner_keys, corner_rows, corner_bits, key, bends)
            bends = max(bends, bend + ONE)
            add_lines(corner_counts, bend * COLUMNS + side, U(gaps[x]), masks)
    return U(labels.size), (count, bends)


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
def span_labels(labels):
    """First and stop of the voxels of a row that have a label; 0, 0 if none has."""
    first, stop = ZERO, ZERO
    for x in range(U(labels.size)):
        if labels[x] != 0:
            first = x if stop == 0 else first
            stop = x + ONE
    return first, stop


@njit(cache=True, nogil=True)
def drop_unlabelled(labels, direct, apart, gaps):
    """Forget the lines of the voxels of a row that have no label."""
    for x in range(U(labels.size)):
        if labels[x] == 0:
            direct[x] = apart[x] = gaps[x] = 0


@njit(cache=True, nogil=True)
def count_lines(numbers, halo, labels, pair_of, lines, row, sited, everywhere):
    """Count all crossings of a block; see `count_crossings`.

    Returns
    -------
    Keys and counts by row, of strays (packed pairs) and of corners (row of a stray from
    1 ``<< 32 |`` what lies behind)
    """
    _, height, width = numbers.shape
    flat = numbers.ravel()
    first, stop = ZERO, U(labels.shape[2])
    strays, stray_counts = make_table(FIRST_BITS)
    corners, corner_counts = make_table(FIRST_BITS)
    used = (ZERO, ZERO)
    for z in range(labels.shape[0]):
        for y in range(labels.shape[1]):
            at = U(((z + halo[0]) * height + y + halo[1]) * width + halo[2])
            if not everywhere:
                first, stop = span_labels(labels[z, y])
            at, size, begin = at + first, stop - first, ZERO
            span = labels[z, y, first:stop]
            if size > 0:
                follow_lines(flat, at, size, lines, row)
            if not everywhere:
                drop_unlabelled(span, row.direct, row.apart, row.gaps)
            while begin < size:
                begin, used = count_row(
                    *(flat, at, lines, row, span, pair_of, sited),
                    *((strays, corners), (stray_counts, corner_counts), begin, used),
                )
                if begin < size:
                    if used[1] >= U(corners[0].size) // TWO:
                        corners, corner_counts = enlarge(corners, corner_counts)
                    else:
                        strays, stray_counts = enlarge(strays, stray_counts)
    return (
        (list_keys(strays, used[0]), stray_counts[: used[0] * COLUMNS].copy()),
        (list_keys(corners, used[1]), corner_counts[: used[1] * COLUMNS].copy()),
    )


def count_crossings(numbers, labels, pair_of, lines, everywhere=True):
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
    everywhere : whether lines of voxels without a label count, too

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
    halo = tuple((n - m) // 2 for n, m in zip(numbers.shape, labels.shape))
    strides = np.array([numbers.shape[1] * numbers.shape[2], numbers.shape[2], 1])
    sited = np.zeros(len(pair_of) * 14, np.int64)
    strays, corners = count_lines(
        *(np.ascontiguousarray(numbers), halo, np.ascontiguousarray(labels), pair_of),
        plan_lines(lines, strides),
        Row(*(np.empty(labels.shape[2], np.uint32) for _ in Row._fields)),
        sited,
        everywhere,
    )
    behind = np.append(np.zeros(len(strays[0]), np.uint64), corners[0] & LOW)
    keys = np.append(strays[0], strays[0][(corners[0] >> SHIFT).astype(np.int64) - 1])
    crossings = np.append(strays[1], corners[1]).reshape(-1, 14)
    order = np.lexsort((behind, keys))
    order = order[crossings[order].any(axis=1)]  # a pair may have no crossings but open
    ids = np.stack([keys >> SHIFT, keys & LOW, behind], axis=1).astype(np.uint32)
    return sited.reshape(-1, 14), ids[order], crossings[order]
