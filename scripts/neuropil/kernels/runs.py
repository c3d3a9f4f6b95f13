"""One pass over runs of equal ids: properties of objects, and what objects overlap.

Ids are any uint64, 0 is background. One hash look-up per run: ``slots`` holds row
numbers by open addressing (-1 is free), the ids themselves lie in the tables' rows.
A scan stops before a table could overflow and is resumed after the caller has grown it,
since numba counts references of arrays that are replaced in a hot loop.
"""

import numpy as np
from numba import njit

U = np.uint64
U0, U1, U8, U29, U32 = U(0), U(1), U(8), U(29), U(32)
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
def skip_zeros(line, x):
    """First place from x on that is not 0, or the line's end; 8 voxels at a time."""
    n = U(line.size)
    while (
        x + U8 <= n
        and (
            line[x]
            | line[x + U1]
            | line[x + U(2)]
            | line[x + U(3)]
            | line[x + U(4)]
            | line[x + U(5)]
            | line[x + U(6)]
            | line[x + U(7)]
        )
        == U0
    ):
        x += U8
    while x < n and line[x] == 0:
        x += U1
    return x


@njit(cache=True, nogil=True)
def number_voxels(labels, numbers, out):
    """Write the number of each label to out, where it is not 0; whether there are any.

    labels (Z, Y, X) of any unsigned type; numbers (L,) uint64, the last for all labels
    beyond; out (Z, Y, X) uint64 holds zeros.
    """
    nz, ny, nx = labels.shape
    n, last = U(nx), U(numbers.size - 1)
    found = U0
    for r in range(nz * ny):
        line = labels[r // ny, r % ny]
        x = skip_zeros(line, U0)
        if x == n:
            continue
        there = out[r // ny, r % ny]
        while x < n:
            number = numbers[min(U(line[x]), last)]
            if number != U0:
                found |= number
                there[x] = number
            x += U1
            if x < n and line[x] == 0:
                x = skip_zeros(line, x)
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
def list_ends(line, ends):
    """List where the runs of equal ids in a line of voxels end; how many runs.

    Without a branch that depends on the voxels, since runs are short and processors
    guess such branches wrong once a run.
    """
    last = U(line.size - 1)
    count = U0
    for x in range(last):
        ends[count] = x + U1
        count += U(line[x] != line[x + U1])
    ends[count] = last + U1
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
    ends = np.empty(nx, np.int64)
    k = 0
    latest = U0
    for r in range(row, nz * ny):
        if used + nx > ids.size:
            return r, used
        z, y = r // ny, r % ny
        line = volume[z + start[0], y + start[1], start[2] : start[2] + nx]
        x = 0
        for i in range(list_ends(line, ends)):
            value, first, x = line[U(x)], x, ends[i]
            if value == U0:
                continue
            if value != latest:
                latest = value
                h = find_object(slots, ids, value)
                if slots[h] < 0:
                    slots[h] = used
                    ids[used] = value
                    table[used, 0] = table[used, 7] = 0
                    table[used, 1] = table[used, 8] = z
                    table[used, 2] = table[used, 5] = table[used, 9] = y
                    table[used, 3] = table[used, 6] = table[used, 10] = first
                    used += 1
                k = slots[h]
            table[k, 0] += x - first
            extend_bounds(table, k, 1, z, y, first, x)
    return nz * ny, used


@njit(cache=True, nogil=True)
def probe_depth(volume, z, y, x, sizes, cap, beat):
    """Distance from a voxel to the first other id along the six half axes.

    The least of the six, at most cap, in the unit of sizes; what lies outside of the
    array is another id. Gives up (0) as soon as it can't be above beat.
    """
    nz, ny, nx = volume.shape
    value = volume[z, y, x]
    depth = cap
    for axis in (2, 1, 0):  # x first: it is the quickest to read
        far = beat // sizes[axis]
        for sign in (-1, 1):
            w = z + sign * far if axis == 0 else z
            v = y + sign * far if axis == 1 else y
            u = x + sign * far if axis == 2 else x
            inside = 0 <= w < nz and 0 <= v < ny and 0 <= u < nx
            if not inside or volume[w, v, u] != value:
                return 0
    for axis in (2, 1, 0):
        for sign in (-1, 1):
            w, v, u = z, y, x
            reached = sizes[axis]
            while reached < depth:
                w += sign * (axis == 0)
                v += sign * (axis == 1)
                u += sign * (axis == 2)
                inside = 0 <= w < nz and 0 <= v < ny and 0 <= u < nx
                if not inside or volume[w, v, u] != value:
                    depth = reached
                reached += sizes[axis]
            if depth <= beat:
                return 0
    return depth


@njit(cache=True, nogil=True)
def deepen_objects(
    volume, start, shape, offset, lattice, sizes, cap, slots, ids, table
):
    """Give each object its deepest lattice voxel; of equals, the first one.

    volume holds the block (from start, of a shape) and what lies around it; offset is
    the place of the block's first voxel on the lattice, whose points lie at multiples
    of lattice. Writes depth and z, y, x in the block into columns 7.. of table.
    """
    k = 0
    latest = U0
    for z in range(-offset[0] % lattice[0], shape[0], lattice[0]):
        for y in range(-offset[1] % lattice[1], shape[1], lattice[1]):
            for x in range(-offset[2] % lattice[2], shape[2], lattice[2]):
                w, v, u = z + start[0], y + start[1], x + start[2]
                value = volume[w, v, u]
                if value == U0:
                    continue
                if value != latest:
                    latest = value
                    k = slots[find_object(slots, ids, value)]
                if table[k, 7] == cap:
                    continue
                depth = probe_depth(volume, w, v, u, sizes, cap, table[k, 7])
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
    while slots[h] >= 0:
        k = slots[h]
        if ids[k, 0] == value and ids[k, 1] == other and ids[k, 2] == place:
            break
        h = (h + U1) & last
    return h


@njit(cache=True, nogil=True)
def fill_overlap_slots(slots, ids, used):
    """Enter the keys of a table's rows into empty slots."""
    for k in range(used):
        slots[find_overlap(slots, ids, ids[k, 0], ids[k, 1], ids[k, 2])] = k


@njit(cache=True, nogil=True)
def scan_overlaps(objects, others, start, bins, row, slots, ids, table, used):
    """Count the voxels of each object in each supervoxel and bin of space; from a row.

    objects (Z, Y, X) of any unsigned type, others uint64; start: coordinates of their
    corner; bins: shape of the bins in voxels. ids gets (object, supervoxel, bin), bin z
    in bits 42.., y in 21.., x below. Columns of table: voxel_count, sum of z, y, x,
    start z, y, x, stop z, y, x. Returns the row it got to and the rows in use.
    """
    nz, ny, nx = objects.shape
    n, width = U(nx), bins[2]
    recent = np.zeros(nx // width + 2, np.int64)  # row of table by bin along the line
    for r in range(row, nz * ny):
        if used + nx > ids.shape[0]:
            return r, used
        line = objects[r // ny, r % ny]
        x = skip_zeros(line, U0)
        if x == n:
            continue
        other = others[r // ny, r % ny]
        z, y = r // ny + start[0], r % ny + start[1]
        plane = U(z // bins[0]) << U(42) | U(y // bins[1]) << U(21)
        stop = bin_x = U0
        while x < n:
            a = np.int64(x) + start[2]
            if x >= stop:
                bin_x = U(a // width)
                stop = min(n, U((a // width + 1) * width - start[2]))
            value, neighbour, place = U(line[x]), other[x], plane | bin_x
            x += U1
            while x < stop and line[x] == value and other[x] == neighbour:
                x += U1
            b = np.int64(x) + start[2]
            at = bin_x - U(start[2] // width)
            k = U(recent[at])
            if ids[k, 0] != value or ids[k, 1] != neighbour or ids[k, 2] != place:
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
                recent[at] = slots[h]
                k = U(slots[h])
            table[k, 0] += b - a
            table[k, 1] += (b - a) * z
            table[k, 2] += (b - a) * y
            table[k, 3] += (a + b - 1) * (b - a) >> 1
            extend_bounds(table, k, 4, z, y, a, b)
            if x < n and line[x] == 0:
                x = skip_zeros(line, x)
    return nz * ny, used
