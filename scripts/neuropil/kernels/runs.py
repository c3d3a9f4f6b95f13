"""One pass over runs of equal ids: properties of objects, and what objects overlap.

Ids are any uint64, 0 is background. One hash look-up per run: ``slots`` holds row
numbers by open addressing (-1 is free), the ids themselves lie in the tables' rows.
A scan stops before a table could overflow and is resumed after the caller has grown it,
since numba counts references of arrays that are replaced in a hot loop.
"""

import numpy as np
from numba import njit

U = np.uint64
U0, U1, U3, U8, U29, U32 = U(0), U(1), U(3), U(8), U(29), U(32)
MIX, MIX2 = U(0x9E3779B97F4A7C15), U(0xC2B2AE3D27D4EB4F)
MIX3 = U(0xD6E8FEB86659FD93)


@njit(cache=True, nogil=True)
def hash_id(value):
    """Spread an id over 64 bits."""
    value = (value ^ (value >> U32)) * MIX
    return value ^ (value >> U29)


@njit(cache=True, nogil=True)
def find_object(slots, ids, value):
    """Place in slots where an id is, or where it belongs."""
    last = U(slots.size - 1)
    h = hash_id(value) & last
    while slots[h] >= 0 and ids[slots[h]] != value:
        h = (h + U1) & last
    return h


@njit(cache=True, nogil=True)
def fill_object_slots(slots, ids, used):
    """Enter the ids of a table's rows into empty slots."""
    for k in range(used):
        slots[find_object(slots, ids, ids[k])] = k


@njit(cache=True, nogil=True)
def skip_zeros(flat, x, stop):
    """First place from x on that is not 0, or stop; 8 voxels at a time."""
    while (
        x + U8 <= stop
        and (
            flat[x]
            | flat[x + U1]
            | flat[x + U(2)]
            | flat[x + U(3)]
            | flat[x + U(4)]
            | flat[x + U(5)]
            | flat[x + U(6)]
            | flat[x + U(7)]
        )
        == U0
    ):
        x += U8
    while x < stop and flat[x] == 0:
        x += U1
    return x


@njit(cache=True, nogil=True)
def number_voxels(labels, numbers, out):
    """Write the number of each label to out, where it is not 0; whether there are any.

    labels (Z, Y, X) of any unsigned type; numbers (L,) uint64, the last for all labels
    beyond; out (Z, Y, X) uint64 holds zeros.
    """
    flat, there = labels.ravel(), out.ravel()
    n, last = U(flat.size), U(numbers.size - 1)
    found = U0
    x = skip_zeros(flat, U0, n)
    while x < n:
        number = numbers[min(U(flat[x]), last)]
        found |= number
        there[x] = number
        x += U1
        if x < n and flat[x] == 0:
            x = skip_zeros(flat, x, n)
    return found != U0


@njit(cache=True, nogil=True)
def extend_bounds(table, k, c, z, y, first, last):
    """Let the bounds in columns c.. of a row hold a run; z never falls in a scan."""
    table[k, c + 1] = min(table[k, c + 1], y)
    table[k, c + 2] = min(table[k, c + 2], first)
    table[k, c + 3] = z + 1
    table[k, c + 4] = max(table[k, c + 4], y + 1)
    table[k, c + 5] = max(table[k, c + 5], last)


@njit(cache=True, nogil=True)
def list_ends(flat, at, size, ends):
    """List where the runs of equal ids in a line of voxels end; how many runs.

    Without a branch that depends on the voxels, since runs are short and processors
    guess such branches wrong once a run.
    """
    last = size - U1
    count = U0
    for x in range(last):
        ends[count] = x + U1
        count += U(flat[at + x] != flat[at + x + U1])
    ends[count] = size
    return count + U1


@njit(cache=True, nogil=True)
def scan_objects(volume, start, shape, row, slots, ids, table, used):
    """Count the voxels of each id, find bounds and first voxel; from a row on.

    volume (Z, Y, X) uint64 holds the block (from start, of a shape); places count from
    the block's corner. Columns of table: voxel_count, start z, y, x, stop z, y, x,
    depth (0) and z, y, x of the first voxel. Returns the row it got to (all rows: done)
    and the rows in use.
    """
    nz, ny, nx = shape
    _, height, width = volume.shape
    flat = volume.ravel()
    ends = np.empty(nx, np.uint64)
    recent = np.zeros((nx >> 3) + 1, np.int64)  # row of table, by place on a line
    z, y = row // ny, row % ny - 1
    for r in range(row, nz * ny):
        if used + nx > ids.size:
            return r, used
        y += 1
        if y == ny:
            z, y = z + 1, 0
        at = U(((z + start[0]) * height + y + start[1]) * width + start[2])
        x = U0
        for i in range(list_ends(flat, at, U(nx), ends)):
            value, first, x = flat[at + x], x, ends[i]
            if value == U0:
                continue
            k = U(recent[first >> U3])
            if ids[k] != value:
                h = find_object(slots, ids, value)
                if slots[h] < 0:
                    slots[h] = used
                    ids[used] = value
                    table[used, 0] = table[used, 7] = 0
                    table[used, 1] = table[used, 8] = z
                    table[used, 2] = table[used, 5] = table[used, 9] = y
                    table[used, 3] = table[used, 6] = table[used, 10] = first
                    used += 1
                recent[first >> U3] = slots[h]
                k = U(slots[h])
            a, b = np.int64(first), np.int64(x)
            table[k, 0] += b - a
            extend_bounds(table, k, 1, z, y, a, b)
    return nz * ny, used


@njit(cache=True, nogil=True)
def fits_deeper(flat, at, place, shape, strides, far):
    """Whether the voxels so far away along the six half axes have a voxel's id."""
    same = True
    for axis in range(3):
        step = far[axis]
        if place[axis] < step or place[axis] + step >= shape[axis]:
            return False
        move = U(step) * strides[axis]
        same &= (flat[at - move] == flat[at]) & (flat[at + move] == flat[at])
    return same


@njit(cache=True, nogil=True)
def probe_depth(flat, at, place, shape, strides, sizes, cap):
    """Distance from a voxel to the first other id along the six half axes.

    The least of the six, at most cap, in the unit of sizes; what lies outside of the
    array is another id. ``at`` is the index of the voxel at a place.
    """
    depth = cap
    for axis in range(3):
        size, stride = sizes[axis], strides[axis]
        low, high = place[axis], shape[axis] - 1 - place[axis]
        steps, reached = 1, size
        while reached < depth:
            move = U(steps) * stride
            if (
                steps > low
                or steps > high
                or flat[at - move] != flat[at]
                or flat[at + move] != flat[at]
            ):
                depth = reached
            steps += 1
            reached += size
    return depth


@njit(cache=True, nogil=True)
def list_reaches(sizes, cap):
    """How many voxels along each axis are no longer than each depth up to cap."""
    reaches = np.empty((cap + 1, 3), np.int64)
    for depth in range(cap + 1):
        for axis in range(3):
            reaches[depth, axis] = depth // sizes[axis]
    return reaches


@njit(cache=True, nogil=True)
def deepen_objects(
    volume, start, shape, offset, lattice, sizes, cap, slots, ids, table
):
    """Give each object its deepest lattice voxel; of equals, the first one.

    volume holds the block (from start, of a shape) and what lies around it; offset is
    the place of the block's first voxel on the lattice, whose points lie at multiples
    of lattice. Writes depth and z, y, x in the block into columns 7.. of table.
    """
    flat, around = volume.ravel(), volume.shape
    strides = (U(around[1] * around[2]), U(around[2]), U1)
    reaches = list_reaches(sizes, cap)
    recent = np.zeros(shape[2] // lattice[2] + 2, np.int64)
    for z in range(-offset[0] % lattice[0], shape[0], lattice[0]):
        for y in range(-offset[1] % lattice[1], shape[1], lattice[1]):
            w, v, n = z + start[0], y + start[1], 0
            line = U((w * around[1] + v) * around[2] + start[2])
            for x in range(-offset[2] % lattice[2], shape[2], lattice[2]):
                at, n = line + U(x), n + 1
                value = flat[at]
                if value == U0:
                    continue
                k = U(recent[n])
                if ids[k] != value:
                    recent[n] = slots[find_object(slots, ids, value)]
                    k = U(recent[n])
                beat = U(table[k, 7])
                far = (reaches[beat, 0], reaches[beat, 1], reaches[beat, 2])
                place = (w, v, x + start[2])
                if beat == U(cap) or not fits_deeper(
                    flat, at, place, around, strides, far
                ):
                    continue
                depth = probe_depth(flat, at, place, around, strides, sizes, cap)
                if depth > table[k, 7]:
                    table[k, 7], table[k, 8] = depth, z
                    table[k, 9], table[k, 10] = y, x


@njit(cache=True, nogil=True)
def find_overlap(slots, ids, value, other, place):
    """Place in slots where (object, supervoxel, bin) is, or where it belongs."""
    last = U(slots.size - 1)
    h = value * MIX ^ other * MIX2 ^ place * MIX3
    h = (h ^ (h >> U32)) * MIX
    h = (h ^ (h >> U29)) & last
    while slots[h] >= 0 and (
        (ids[slots[h], 0] != value)
        | (ids[slots[h], 1] != other)
        | (ids[slots[h], 2] != place)
    ):
        h = (h + U1) & last
    return h


@njit(cache=True, nogil=True)
def fill_overlap_slots(slots, ids, used):
    """Enter the keys of a table's rows into empty slots."""
    for k in range(used):
        slots[find_overlap(slots, ids, ids[k, 0], ids[k, 1], ids[k, 2])] = k


@njit(cache=True, nogil=True)
def list_bins(start, size, width):
    """List the bins of voxels along an axis, and where these end, from start on.

    Once for all lines, since divisions are slow.
    """
    bins, stops = np.empty(size, np.uint64), np.empty(size, np.uint64)
    for x in range(size):
        bins[x] = (x + start) // width
        stops[x] = min(size, ((x + start) // width + 1) * width - start)
    return bins, stops


@njit(cache=True, nogil=True)
def scan_overlaps(objects, others, start, bins, row, slots, ids, table, used):
    """Count the voxels of each object in each supervoxel and bin of space; from a row.

    objects (Z, Y, X) of any unsigned type, others uint64; start: coordinates of their
    corner; bins: shape of the bins in voxels. ids gets (object, supervoxel, bin), bin z
    in bits 42.., y in 21.., x below. Columns of table: voxel_count, sum of z, y, x,
    start z, y, x, stop z, y, x. Returns the row it got to and the rows in use.
    """
    nz, ny, nx = objects.shape
    flat, there = objects.ravel(), others.ravel()
    n = U(nx)
    bins_z, _ = list_bins(start[0], nz, bins[0])
    bins_y, _ = list_bins(start[1], ny, bins[1])
    bins_x, stops = list_bins(start[2], nx, bins[2])
    recent = np.zeros((nx >> 3) + 1, np.int64)  # row of table, by place on a line
    z, y = row // ny + start[0], row % ny + start[1] - 1
    for r in range(row, nz * ny):
        if used + nx > ids.shape[0]:
            return r, used
        y += 1
        if y == ny + start[1]:
            z, y = z + 1, start[1]
        line, end = U(r) * n, U(r) * n + n
        v = skip_zeros(flat, line, end)
        if v == end:
            continue
        plane = bins_z[U(z - start[0])] << U(42) | bins_y[U(y - start[1])] << U(21)
        while v < end:
            first = v - line
            a = np.int64(first) + start[2]
            stop = line + stops[first]
            value, neighbour, place = U(flat[v]), there[v], plane | bins_x[first]
            v += U1
            while v < stop and flat[v] == value and there[v] == neighbour:
                v += U1
            b = np.int64(v - line) + start[2]
            k = U(recent[first >> U3])
            if (ids[k, 0] != value) | (ids[k, 1] != neighbour) | (ids[k, 2] != place):
                h = find_overlap(slots, ids, value, neighbour, place)
                if slots[h] < 0:
                    slots[h] = used
                    ids[used, 0], ids[used, 1], ids[used, 2] = value, neighbour, place
                    for c in range(4):
                        table[used, c] = 0
                    table[used, 4] = z
                    table[used, 5] = table[used, 8] = y
                    table[used, 6] = table[used, 9] = a
                    used += 1
                recent[first >> U3] = slots[h]
                k = U(slots[h])
            table[k, 0] += b - a
            table[k, 1] += (b - a) * z
            table[k, 2] += (b - a) * y
            table[k, 3] += (a + b - 1) * (b - a) >> 1
            extend_bounds(table, k, 4, z, y, a, b)
            if v < end and flat[v] == 0:
                v = skip_zeros(flat, v, end)
    return nz * ny, used
