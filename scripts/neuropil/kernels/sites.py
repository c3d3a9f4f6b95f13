"""Connected components (26 neighbours) of a block of numbered voxels, run by run.

Voxels belong together if they touch by a face, an edge or a corner and have the same
number. The same walk over neighbouring runs tells which components touch.
"""

import numpy as np
from numba import njit

FIBONACCI = np.uint64(0x9E3779B97F4A7C15)
FILTER_BITS = 14


@njit(cache=True, nogil=True)
def count_runs(values, row_start):
    """Count the runs of equal non-zero values along x; ``row_start`` gets offsets."""
    n = 0
    for z in range(values.shape[0]):
        for y in range(values.shape[1]):
            row_start[z * values.shape[1] + y] = n
            row = values[z, y]
            last = np.uint32(0)
            for x in range(row.size):
                value = row[x]
                n += (value != last) & (value != 0)
                last = value
    row_start[values.shape[0] * values.shape[1]] = n
    return n


@njit(cache=True, nogil=True)
def list_runs(values, run_first, run_end, run_value):
    """Write first x, end and value of every run."""
    n = -1
    for z in range(values.shape[0]):
        for y in range(values.shape[1]):
            row = values[z, y]
            last = np.uint32(0)
            for x in range(row.size):
                value = row[x]
                if value != last:
                    if last != 0:
                        run_end[n] = x
                    if value != 0:
                        n += 1
                        run_first[n] = x
                        run_value[n] = value
                    last = value
            if last != 0:
                run_end[n] = row.size


@njit(cache=True, nogil=True)
def find_root(parent, item):
    """Root of an item; halves the path on the way."""
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item


@njit(cache=True, nogil=True)
def join_rows(rows, row_start, runs, parent):
    """Unite touching runs of one value in two rows.

    Parameters
    ----------
    rows : numbers of a row and of an earlier one
    row_start : first run of each row
    runs : (first x, end x, value), one array each, of all runs
    parent : union-find over the runs; a root is the first run of its set
    """
    begin, stop = row_start[rows[0]], row_start[rows[0] + 1]
    other, other_stop = row_start[rows[1]], row_start[rows[1] + 1]
    first, end, value = runs
    for i in range(begin, stop):
        while other < other_stop and end[other] < first[i]:
            other += 1
        j = other
        while j < other_stop and first[j] <= end[i]:
            if value[i] == value[j] and parent[i] != parent[j]:
                a, b = find_root(parent, i), find_root(parent, j)
                if a < b:
                    parent[b] = a
                elif b < a:
                    parent[a] = b
            j += 1


@njit(cache=True, nogil=True)
def note_touch(a, b, recent, touching, count):
    """Note that two components touch, unless it was noted of late."""
    pair = (np.uint64(min(a, b)) << np.uint64(32)) | np.uint64(max(a, b))
    slot = (pair * FIBONACCI) >> np.uint64(64 - FILTER_BITS)
    if recent[slot] == pair:
        return count
    recent[slot] = pair
    touching[count] = pair
    return count + 1


@njit(cache=True, nogil=True)
def touch_rows(rows, row_start, runs, label, recent, touching, count):
    """Note the pairs of different components that touch in two rows, as `join_rows`."""
    begin, stop = row_start[rows[0]], row_start[rows[0] + 1]
    other, other_stop = row_start[rows[1]], row_start[rows[1] + 1]
    first, end, _ = runs
    for i in range(begin, stop):
        while other < other_stop and end[other] < first[i]:
            other += 1
        j = other
        while j < other_stop and first[j] <= end[i]:
            if label[i] != label[j]:
                count = note_touch(label[i], label[j], recent, touching, count)
            j += 1
    return count


@njit(cache=True, nogil=True)
def earlier_row(z, y, k, height):
    """Find the k-th of 4 rows that a row touches, earlier in scan order; -1 if none."""
    dz, dy = (0, -1) if k == 0 else (-1, k - 2)
    if z + dz < 0 or y + dy < 0 or y + dy >= height:
        return -1
    return (z + dz) * height + y + dy


@njit(cache=True, nogil=True)
def number_roots(parent, label):
    """Give the sets numbers 1..n by their first run; return n."""
    n = 0
    for i in range(parent.size):
        root = find_root(parent, i)
        if root == i:
            n += 1
            label[i] = n
        else:
            label[i] = label[root]
    return n


@njit(cache=True, nogil=True)
def touching_labels(shape, row_start, runs, label, touching):
    """List pairs of touching components, some of them repeatedly; return how many."""
    depth, height = shape
    recent = np.zeros(1 << FILTER_BITS, np.uint64)
    count = 0
    for z in range(depth):
        for y in range(height):
            row = z * height + y
            for i in range(row_start[row] + 1, row_start[row + 1]):
                if runs[1][i - 1] == runs[0][i] and label[i - 1] != label[i]:
                    count = note_touch(label[i - 1], label[i], recent, touching, count)
            for k in range(4):
                rows = (row, earlier_row(z, y, k, height))
                if rows[1] >= 0:
                    count = touch_rows(
                        rows, row_start, runs, label, recent, touching, count
                    )
    return count


@njit(cache=True, nogil=True)
def write_labels(row_start, runs, label, labels, table):
    """Write the labels of all voxels, and sum up every component.

    The columns of ``table`` (int64) are: value, voxel count, first voxel z, y, x, start
    z, y, x, stop z, y, x, sums of z, y, x.
    """
    depth, height, width = labels.shape
    for z in range(depth):
        for y in range(height):
            row = labels[z, y]
            for x in range(width):
                row[x] = 0
            for i in range(row_start[z * height + y], row_start[z * height + y + 1]):
                first, end, k = runs[0][i], runs[1][i], label[i]
                for x in range(first, end):
                    row[x] = k
                entry = table[k - 1]
                n = end - first
                if entry[1] == 0:
                    entry[0] = runs[2][i]
                    entry[2], entry[3], entry[4] = z, y, first
                    entry[5], entry[6], entry[7] = z, y, first
                entry[1] += n
                entry[6] = min(entry[6], y)
                entry[7] = min(entry[7], first)
                entry[8] = z + 1
                entry[9] = max(entry[9], y + 1)
                entry[10] = max(entry[10], end)
                entry[11] += n * z
                entry[12] += n * y
                entry[13] += n * (first + end - 1) // 2


@njit(cache=True, nogil=True)
def label_runs(values, labels):
    """Label the components of a block; see `label_components`."""
    depth, height, _ = values.shape
    row_start = np.empty(depth * height + 1, np.int64)
    n = count_runs(values, row_start)
    runs = (np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.uint32))
    list_runs(values, runs[0], runs[1], runs[2])
    parent = np.arange(n)
    for z in range(depth):
        for y in range(height):
            for k in range(4):
                rows = (z * height + y, earlier_row(z, y, k, height))
                if rows[1] >= 0:
                    join_rows(rows, row_start, runs, parent)
    label = np.empty(n, np.uint32)
    components = number_roots(parent, label)
    table = np.zeros((components, 14), np.int64)
    write_labels(row_start, runs, label, labels, table)
    # A run meets at most 3 runs of a row more than there are runs in both rows.
    touching = np.empty(25 * n + 1, np.uint64)
    count = touching_labels((depth, height), row_start, runs, label, touching)
    return table, touching[:count].copy()


@njit(cache=True, nogil=True)
def list_across(one, other, touching):
    """List touching pairs of two volumes, some repeatedly; return how many."""
    depth, height, width = one.shape
    recent = np.zeros(1 << FILTER_BITS, np.uint64)
    count = 0
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                a = one[z, y, x]
                if a == 0:
                    continue
                for k in range(max(z - 1, 0), min(z + 2, depth)):
                    for j in range(max(y - 1, 0), min(y + 2, height)):
                        for i in range(max(x - 1, 0), min(x + 2, width)):
                            b = other[k, j, i]
                            if b == 0:
                                continue
                            pair = (np.uint64(a) << np.uint64(32)) | np.uint64(b)
                            slot = (pair * FIBONACCI) >> np.uint64(64 - FILTER_BITS)
                            if recent[slot] != pair:
                                recent[slot] = pair
                                touching[count] = pair
                                count += 1
    return count


def touching_across(one, other):
    """Find which labels of two volumes touch by a face, an edge or a corner.

    Parameters
    ----------
    one, other : (Z, Y, X) arrays of uint32
        Labels of different voxels of one box, 0 elsewhere.

    Returns
    -------
    (m, 2) array of uint32, distinct pairs (label of one, label of the other)
    """
    touching = np.empty(26 * max(1, np.count_nonzero(one)), np.uint64)
    count = list_across(one, other, touching)
    return unpack(np.unique(touching[:count]))


def unpack(pairs):
    """Split packed pairs into (n, 2) of uint32."""
    both = np.stack([pairs >> np.uint64(32), pairs & np.uint64(0xFFFFFFFF)], axis=1)
    return both.astype(np.uint32)


def label_components(values):
    """Label the 26-connected components of equal non-zero numbers.

    Parameters
    ----------
    values : (Z, Y, X) array of uint32, 0 is background

    Returns
    -------
    labels : (Z, Y, X) array of uint32
        1..n, numbered by the first voxel in z, y, x order; 0 is background.
    table : (n, 14) array of int64
        Per label: value, voxel count, first voxel (z, y, x), start and stop of the
        bounding box, sums of the voxels' coordinates.
    touching : (m, 2) array of uint32
        Distinct pairs of labels, smaller first, of different values that touch by a
        face, an edge or a corner.
    """
    values = np.ascontiguousarray(values, np.uint32)
    labels = np.empty(values.shape, np.uint32)
    table, touching = label_runs(values, labels)
    return labels, table, unpack(np.unique(touching))
