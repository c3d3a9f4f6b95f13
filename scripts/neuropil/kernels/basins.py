"""Watershed by a maximum spanning forest: the basins of a block.

Voxels are ordered by (level, then smaller index first), edges between 6-neighbours by
(lower voxel, higher voxel) in that order. Both orders are strict, so the spanning
forest rooted in the seeds is unique (Cousty et al. 2009, Watershed cuts): it depends
on the map alone, not on how the volume is cut into blocks.
"""

import numpy as np
from numba import njit

U = np.uint64
U0, U1 = U(0), U(1)
DIRECTIONS = 6  # -z, -y, -x, +x, +y, +z: ascending in the neighbour's index


@njit(cache=True, nogil=True)
def find_root(parent, item):
    """Root of an item; halves the path on the way."""
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item


@njit(cache=True, nogil=True)
def unite(parent, one, two):
    """Join the sets of two items under the smaller root, and return it."""
    one, two = find_root(parent, one), find_root(parent, two)
    if two < one:
        one, two = two, one
    parent[two] = one
    return one


@njit(cache=True, nogil=True)
def climb(flat, i, row, plane):
    """Rank of the highest of a voxel and its 6 neighbours: 4 for itself.

    Of equals the first, so neighbours rank 7 (-z), 6, 5, and 3, 2, 1 (+z). No branch
    depends on the levels, which processors could not foresee.
    """
    best = np.int64(flat[i]) * 8 + 4
    best = max(best, np.int64(flat[i - plane]) * 8 + 7)
    best = max(best, np.int64(flat[i - row]) * 8 + 6)
    best = max(best, np.int64(flat[i - U1]) * 8 + 5)
    best = max(best, np.int64(flat[i + U1]) * 8 + 3)
    best = max(best, np.int64(flat[i + row]) * 8 + 2)
    best = max(best, np.int64(flat[i + plane]) * 8 + 1)
    return best & 7


@njit(cache=True, nogil=True)
def find_foreground(level):
    """Find the foreground voxels of a block, without those around it.

    Returns their flat places (N,) int64, ascending, and for each row of the array
    (Z * Y + 1,) int64 where its places begin.
    """
    nz, ny, nx = level.shape
    begin = np.zeros(nz * ny + 1, np.int64)
    for r in range(nz * ny):
        z, y = r // ny, r % ny
        count = 0
        if 0 < z < nz - 1 and 0 < y < ny - 1:
            row = level[z, y, 1 : nx - 1]
            for x in range(row.size):
                count += row[x] != 0
        begin[r + 1] = begin[r] + count
    places = np.empty(begin[nz * ny] + 1, np.int64)  # the last one is written in vain
    for r in range(nz * ny):
        if begin[r] == begin[r + 1]:
            continue
        k = begin[r]
        row = level[r // ny, r % ny, 1 : nx - 1]
        for x in range(row.size):
            places[k] = r * nx + 1 + x
            k += row[x] != 0
    return places[:-1], begin


@njit(cache=True, nogil=True, forceinline=True)  # a call per voxel costs a third
def join_seed(flat, parent, i, root, steps, at_west, seed_level):
    """Join a seed voxel with the seed voxels before it; root: of the one at its west.

    A neighbour that touches another one through a seed voxel is joined with it already.
    steps: to the voxels before it along z and y, 0 where these lie outside. Returns the
    voxel's root.
    """
    if not at_west:
        root = i
    parent[i] = root
    up, north = i - steps[0], i - steps[1]
    at_north = north != i and flat[north] > seed_level
    at_up = up != i and flat[up] > seed_level
    if at_north and not (at_west and flat[north - U1] > seed_level):
        root = U(unite(parent, np.int64(root), np.int64(north)))
    if (
        at_up
        and not (at_west and flat[up - U1] > seed_level)
        and not (at_north and flat[up - steps[1]] > seed_level)
    ):
        root = U(unite(parent, np.int64(root), np.int64(up)))
    return root


@njit(cache=True, nogil=True)
def link_voxels(level, seed_level, places, begin, parent):
    """Set the parent of each foreground voxel: its highest neighbour, or of its seed.

    Roots are local maxima, the first voxels of seeds, and voxels whose highest
    neighbour lies outside of the block.
    """
    nz, ny, nx = level.shape
    row, plane = U(nx), U(ny * nx)
    flat = level.reshape(-1)
    moves = np.zeros(8, np.int64)  # by rank, 0 where that leaves the block
    for r in range(nz * ny):
        if begin[r] == begin[r + 1]:
            continue
        z, y = r // ny, r % ny
        first, last = U(r * nx + 1), U(r * nx + nx - 2)
        moves[7], moves[1] = -ny * nx * (z > 1), ny * nx * (z < nz - 2)
        moves[6], moves[2] = -nx * (y > 1), nx * (y < ny - 2)
        steps = (U(-moves[7]), U(-moves[6]))
        root = seed = U0  # of the voxel before, if that is one of a seed
        for k in range(U(begin[r]), U(begin[r + 1])):
            i = U(places[k])
            if flat[i] > seed_level:
                at_west = seed != U0 and seed + U1 == i
                root = join_seed(flat, parent, i, root, steps, at_west, seed_level)
                seed = i
                continue
            moves[5], moves[3] = -1 * (i != first), 1 * (i != last)
            parent[i] = np.int64(i) + moves[climb(flat, i, row, plane)]


@njit(cache=True, nogil=True)
def number_basins(places, parent):
    """Turn parents into labels in the order of first voxels; how many labels.

    A label is negative until all voxels have theirs, so that it is told from a parent.
    """
    count = 0
    for i in places:
        root = np.int64(i)
        while parent[root] > 0 and parent[root] != root:
            root = np.int64(parent[root])
        if parent[root] > 0:
            count += 1
            parent[root] = -count
        label = parent[root]
        item = np.int64(i)
        while parent[item] > 0:
            parent[item], item = label, np.int64(parent[item])
    for i in places:
        parent[i] = -parent[i]
    return count


def label_basins(
    level: np.ndarray, seed_level: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Label the basins of a block, in the order of their first voxels.

    Parameters
    ----------
    level : (Z + 2, Y + 2, X + 2) int32
        Squared distance of the block's voxels and of one voxel around it; 0 is
        background, also where the volume ends.
    seed_level : voxels above it are seeds

    Returns
    -------
    labels : (Z + 2, Y + 2, X + 2) uint32 from 1, 0 around the block
    places : (N,) int64, flat places of the labelled voxels
    count : number of labels
    """
    places, begin = find_foreground(level)
    parent = np.zeros(level.size, np.int32)  # takes no memory where nothing is written
    link_voxels(level, seed_level, places, begin, parent)
    count = number_basins(places, parent)
    return parent.view(np.uint32).reshape(level.shape), places, count


@njit(cache=True, nogil=True)
def add_inside(labels, offset, out):
    """Write the labels of a block, raised by an offset where not 0, to out."""
    addend = np.uint32(offset)
    for z in range(out.shape[0]):
        for y in range(out.shape[1]):
            line, there = labels[z + 1, y + 1], out[z, y]
            for x in range(U(there.size)):
                label = line[x + U1]
                there[x] = np.uint32(label + addend) if label != 0 else np.uint32(0)


def count_on_inside(labels: np.ndarray, offset: int) -> np.ndarray:
    """Let the labels of a block count on from an offset; without those around it.

    labels (Z + 2, Y + 2, X + 2) uint32 -> (Z, Y, X) uint32
    """
    out = np.empty(tuple(n - 2 for n in labels.shape), np.uint32)
    add_inside(labels, offset, out)
    return out


@njit(cache=True, nogil=True)
def tally_basins(level, labels, places, count, seed_level):
    """Tally voxels, seed voxels, first and deepest voxel (flat place) of each basin.

    Returns (count, 5) int64: voxel_count, seed_count, first, depth, deepest.
    """
    flat, label = level.reshape(-1), labels.reshape(-1)
    table = np.zeros((count, 5), np.int64)
    for i in places:
        k = np.int64(label[i]) - 1
        if table[k, 0] == 0:
            table[k, 2] = i
        table[k, 0] += 1
        table[k, 1] += flat[i] > seed_level
        if flat[i] > table[k, 3]:
            table[k, 3], table[k, 4] = flat[i], i
    return table


@njit(cache=True, nogil=True)
def list_rim(level, labels):
    """List the voxels of a block that have a foreground neighbour outside of it.

    Returns (N, 3) int64: direction of the neighbour, flat place, label.
    """
    nz, ny, nx = level.shape
    flat, label = level.reshape(-1), labels.reshape(-1)
    steps = np.array([-ny * nx, -nx, -1, 1, nx, ny * nx])
    rim = np.empty((2 * (nz * ny + nz * nx + ny * nx), 3), np.int64)
    count = 0
    for k in range(DIRECTIONS):
        axis = k if k < 3 else 5 - k
        one, two = (1 if axis == 0 else 0), (1 if axis == 2 else 2)
        stride_one, stride_two = steps[5 - one], steps[5 - two]
        first = steps[5 - axis] * (1 if k < 3 else level.shape[axis] - 2)
        for a in range(1, level.shape[one] - 1):
            for b in range(1, level.shape[two] - 1):
                i = first + a * stride_one + b * stride_two
                if label[i] != 0 and flat[i + steps[k]] != 0:
                    rim[count, 0], rim[count, 1], rim[count, 2] = k, i, label[i]
                    count += 1
    return rim[:count]


@njit(cache=True, nogil=True)
def count_faces(labels, places):
    """Count the faces between voxels of two basins of a block."""
    _, ny, nx = labels.shape
    label = labels.reshape(-1)
    faces = 0
    for i in places:
        for step in (1, nx, ny * nx):
            there = label[i + step]
            faces += there != 0 and there != label[i]
    return faces


@njit(cache=True, nogil=True)
def is_higher(level, low, top, direction, saddles, k):
    """Whether an edge comes before the edge saddles[k] in the order of edges."""
    if level != saddles[k, 2]:
        return level > saddles[k, 2]
    if low != saddles[k, 3]:
        return low < saddles[k, 3]
    if top != saddles[k, 4]:
        return top > saddles[k, 4]
    return direction < saddles[k, 5]


@njit(cache=True, nogil=True)
def find_saddles(level, labels, places):
    """Find the highest edge between each two touching basins of a block.

    Returns (N, 6) int64: labels a < b, level of the edge's lower voxel, its flat
    index, level of the higher voxel, and the direction from the lower to the higher.
    One open-addressing hash table, large enough for all faces.
    """
    _, ny, nx = labels.shape
    flat, label = level.reshape(-1), labels.reshape(-1)
    faces = count_faces(labels, places)
    room = 16
    while room < 2 * faces:
        room *= 2
    slots = np.full(room, -1, np.int64)
    saddles = np.empty((faces, 6), np.int64)
    found = 0
    for i in places:
        for k in range(3):
            j = i + (1, nx, ny * nx)[k]
            if label[j] == 0 or label[j] == label[i]:
                continue
            a = np.int64(min(label[i], label[j]))
            b = np.int64(max(label[i], label[j]))
            low, top, direction = i, j, 3 + k
            if flat[j] <= flat[i]:
                low, top, direction = j, i, 2 - k
            h = ((a * 0x9E3779B1 + b) * 0x85EBCA77 >> 15) & (room - 1)
            while slots[h] >= 0:
                s = slots[h]
                if saddles[s, 0] == a and saddles[s, 1] == b:
                    break
                h = (h + 1) & (room - 1)
            s = slots[h]
            if s < 0:
                s = found
                slots[h] = s
                found += 1
                saddles[s, 0], saddles[s, 1], saddles[s, 2] = a, b, -1
            if is_higher(flat[low], low, flat[top], direction, saddles, s):
                saddles[s, 2], saddles[s, 3] = flat[low], low
                saddles[s, 4], saddles[s, 5] = flat[top], direction
    return saddles[:found]
