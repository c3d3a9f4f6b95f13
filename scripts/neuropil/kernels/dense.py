"""Number the ids of a block 1..K in sorted order: uint64 in, small numbers out.

Kernels work on these numbers. Their order is that of the ids, so "the smallest id"
means the same before and after, whatever the block.
"""

import numpy as np
from numba import njit

# Marks voxels beyond the border of the volume in numbered blocks. Kernels in other
# files use it too; it must never change.
OUTSIDE = np.uint32(0xFFFFFFFF)

ONE = np.uint64(1)
FIBONACCI = np.uint64(0x9E3779B97F4A7C15)
FIRST_BITS = 12


@njit(cache=True, nogil=True)
def find_slot(keys, bits, value):
    """Slot of a value in an open-addressing hash table, or the free one for it."""
    mask = (ONE << bits) - ONE
    slot = (value * FIBONACCI) >> (np.uint64(64) - bits)
    while keys[slot] != 0 and keys[slot] != value:
        slot = (slot + ONE) & mask
    return slot


@njit(cache=True, nogil=True)
def number_row(row, out, keys, numbers, bits, ids, count):
    """Give the ids of a row numbers in order of appearance; return how many in all."""
    last = np.uint64(0)
    number = np.uint32(0)
    for x in range(row.size):
        value = row[x]
        if value != last:
            last = value
            number = np.uint32(0)
            if value != 0:
                slot = find_slot(keys, bits, value)
                if keys[slot] == 0:
                    keys[slot] = value
                    ids[count] = value
                    count += 1
                    numbers[slot] = count
                number = numbers[slot]
        out[x] = number
    return count


@njit(cache=True, nogil=True)
def rehash(ids, count, keys, numbers, bits):
    """Fill an empty table with the ids numbered so far."""
    for i in range(count):
        slot = find_slot(keys, bits, ids[i])
        keys[slot] = ids[i]
        numbers[slot] = i + 1


@njit(cache=True, nogil=True)
def number_ids(labels, start, stop, out, ids):
    """Give the ids in ``labels[start:stop]`` numbers in order of appearance.

    Parameters
    ----------
    labels : (Z, Y, X) uint64, C order
    start, stop : (z, y, x), the part to look at
    out : (Z, Y, X) uint32; written inside of the part only
    ids : (Z * Y * X,) uint64; receives the ids (memory is used as far as it is filled)

    Returns
    -------
    Number of distinct ids other than 0.
    """
    bits = np.uint64(FIRST_BITS)
    keys = np.zeros(1 << FIRST_BITS, np.uint64)
    numbers = np.empty(1 << FIRST_BITS, np.uint32)
    count = 0
    for z in range(start[0], stop[0]):
        for y in range(start[1], stop[1]):
            # A row adds at most its length; the table stays at most half full.
            while 2 * (count + stop[2] - start[2]) > keys.size:
                bits += ONE
                keys = np.zeros(1 << np.int64(bits), np.uint64)
                numbers = np.empty(1 << np.int64(bits), np.uint32)
                rehash(ids, count, keys, numbers, bits)
            row = labels[z, y, start[2] : stop[2]]
            target = out[z, y, start[2] : stop[2]]
            count = number_row(row, target, keys, numbers, bits, ids, count)
    return count


@njit(cache=True, nogil=True)
def renumber(out, start, stop, rank):
    """Replace every number of a part by its rank."""
    for z in range(start[0], stop[0]):
        for y in range(start[1], stop[1]):
            row = out[z, y, start[2] : stop[2]]
            for x in range(row.size):
                row[x] = rank[row[x]]


def number_sorted(labels, start, stop):
    """Give the ids of a block numbers in sorted order.

    Parameters
    ----------
    labels : (Z, Y, X) array of uint64
    start, stop : (z, y, x)
        The part of the block that lies in the volume.

    Returns
    -------
    numbers : (Z, Y, X) array of uint32
        1..K where there is an id, 0 for background, `OUTSIDE` beyond the volume.
    ids : (K + 1,) array of uint64
        Id of each number, ascending; ``ids[0]`` is 0.
    """
    labels = np.ascontiguousarray(labels, np.uint64)
    numbers = np.full(labels.shape, OUTSIDE)
    found = np.empty(labels.size, np.uint64)
    start, stop = tuple(map(int, start)), tuple(map(int, stop))
    count = number_ids(labels, start, stop, numbers, found)
    found = found[:count]
    order = np.argsort(found)
    rank = np.zeros(count + 1, np.uint32)
    rank[order + 1] = np.arange(1, count + 1, dtype=np.uint32)
    renumber(numbers, start, stop, rank)
    return numbers, np.concatenate([np.zeros(1, np.uint64), found[order]])
