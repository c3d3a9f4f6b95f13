"""The partner of every boundary voxel: the other id it meets most often nearby.

The volume is worked on in tiles that stay in the cache. In a tile every id gets one
separable box count over its own bounding box, and a running maximum keeps the winner.
Arrays are flat and their indices unsigned, results go straight into 16-bit arrays, and
inner loops are contiguous: each of these lets the compiler use vector instructions.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from neuropil.kernels.dense import OUTSIDE

TILE_Z, TILE_Y, TILE_X = 32, 32, 64
LANES = 32  # 16-bit numbers in a vector register; rows start at multiples of it
BEYOND = np.uint16(0xFFFF)  # a voxel outside of the volume, in the numbers of a tile
MOST_IDS = 0xFFFE
MOST_POWERS = 16  # a window is narrower than 2**16 voxels
U = np.uint64
ONE = np.uint64(1)
SHIFT = np.uint64(32)


class Window(NamedTuple):
    """Radii of the window, and the sides of a tile with the window around it."""

    rz: int
    ry: int
    rx: int
    height: int
    width: int


class Scratch(NamedTuple):
    """Memory that all tiles reuse.

    Attributes
    ----------
    tile : uint16, ids of the tile and the window around it, numbered in sorted order
    columns : uint16, counts of one id, summed along y
    best, winner : uint16, highest count so far and its id, per voxel of the core
    running, powers, total : uint16, a plane: sums along z, of 2**k voxels, of a window
    number_of : uint16, number in the tile of each id of the volume, 0 if not met
    ids : uint32, ids of the tile; order, rank : uint16, their sorting
    bounds : (N, 6) int64, bounding box of each id
    """

    tile: np.ndarray
    columns: np.ndarray
    best: np.ndarray
    winner: np.ndarray
    running: np.ndarray
    powers: np.ndarray
    total: np.ndarray
    number_of: np.ndarray
    ids: np.ndarray
    order: np.ndarray
    rank: np.ndarray
    bounds: np.ndarray


@njit(cache=True, nogil=True)
def make_scratch(window, id_count):
    """Take memory for tiles of a volume with ids up to ``id_count``."""
    planes = TILE_Z + 2 * window.rz
    plane = TILE_Y * window.width + LANES
    return Scratch(
        np.zeros(planes * window.height * window.width, np.uint16),
        np.empty(planes * TILE_Y * window.width, np.uint16),
        np.empty(TILE_Z * TILE_Y * TILE_X, np.uint16),
        np.empty(TILE_Z * TILE_Y * TILE_X, np.uint16),
        np.empty(plane, np.uint16),
        np.zeros(plane * MOST_POWERS, np.uint16),
        np.empty(plane, np.uint16),
        np.zeros(id_count + 1, np.uint16),
        np.empty(MOST_IDS, np.uint32),
        np.empty(MOST_IDS, np.uint16),
        np.empty(1 << 16, np.uint16),
        np.empty((1 << 16, 6), np.int64),
    )


@njit(cache=True, nogil=True)
def read_tile(labels, low, shape, window, scratch):
    """Give the ids of a tile numbers by appearance; return how many, -1 if too many."""
    tile, number_of, ids = scratch.tile, scratch.number_of, scratch.ids
    count = 0
    last = np.uint32(0)
    number = np.uint16(0)
    for z in range(shape[0] + 2 * window.rz):
        for y in range(shape[1] + 2 * window.ry):
            width = shape[2] + 2 * window.rx
            row = labels[low[0] + z, low[1] + y, low[2] : low[2] + width]
            at = U((z * window.height + y) * window.width)
            for x in range(width):
                value = row[x]
                if value != last:
                    last = value
                    if value == OUTSIDE:
                        number = BEYOND
                    elif value == 0:
                        number = np.uint16(0)
                    else:
                        if number_of[value] == 0:
                            if count == MOST_IDS:
                                return -1
                            ids[count] = value
                            count += 1
                            number_of[value] = count
                        number = number_of[value]
                tile[at + U(x)] = number
            for x in range(width, window.width):
                tile[at + U(x)] = 0
    return count


@njit(cache=True, nogil=True)
def sort_ids(scratch, count):
    """Sort the ids of a tile (Shell sort), and find the rank of every number."""
    ids, order, rank = scratch.ids, scratch.order, scratch.rank
    for i in range(count):
        order[i] = i
        scratch.number_of[ids[i]] = 0
    gap = count // 2
    while gap > 0:
        for i in range(gap, count):
            value, place = ids[i], order[i]
            j = i
            while j >= gap and ids[j - gap] > value:
                ids[j], order[j] = ids[j - gap], order[j - gap]
                j -= gap
            ids[j], order[j] = value, place
        gap //= 2
    rank[0] = 0
    rank[BEYOND] = BEYOND
    for i in range(count):
        rank[order[i] + 1] = i + 1


@njit(cache=True, nogil=True)
def rank_tile(shape, window, scratch, count):
    """Replace numbers by ranks, and take the bounding box of every id."""
    tile, rank, bounds = scratch.tile, scratch.rank, scratch.bounds
    for k in range(count + 1):
        for axis in range(3):
            bounds[k, 2 * axis] = 1 << 20
            bounds[k, 2 * axis + 1] = -1
    width = shape[2] + 2 * window.rx
    for z in range(shape[0] + 2 * window.rz):
        for y in range(shape[1] + 2 * window.ry):
            at = U((z * window.height + y) * window.width)
            x = 0
            while x < width:
                number = tile[at + U(x)]
                r = rank[number]
                end = x
                while end < width and tile[at + U(end)] == number:
                    tile[at + U(end)] = r
                    end += 1
                bounds[r, 0] = min(bounds[r, 0], z)
                bounds[r, 1] = max(bounds[r, 1], z)
                bounds[r, 2] = min(bounds[r, 2], y)
                bounds[r, 3] = max(bounds[r, 3], y)
                bounds[r, 4] = min(bounds[r, 4], x)
                bounds[r, 5] = max(bounds[r, 5], end - 1)
                x = end


@njit(cache=True, nogil=True)
def sum_along_y(k, span, window, scratch):
    """Count id k along y: ``columns`` gets the number of its voxels in 2 ry + 1 rows.

    The rows of ``columns`` follow each other at a distance of ``stride``, so that later
    loops run over whole planes.
    """
    tile, columns, running = scratch.tile, scratch.columns, scratch.running
    z_low, depth, y_low, rows, x_low, _, stride = span
    size = U(stride)
    for z in range(depth + 2 * window.rz):
        at = U(((z + z_low) * window.height + y_low) * window.width + x_low)
        step = U(window.width)
        for x in range(size):
            running[x] = 0
        for y in range(U(2 * window.ry)):
            for x in range(size):
                running[x] += np.uint16(tile[at + y * step + x] == k)
        last = at + U(2 * window.ry) * step
        out = U(z * rows) * size
        for _ in range(U(rows)):
            for x in range(size):
                count = np.uint16(running[x] + np.uint16(tile[last + x] == k))
                columns[out + x] = count
                running[x] = count - np.uint16(tile[at + x] == k)
            at += step
            last += step
            out += size


@njit(cache=True, nogil=True)
def sum_along_x(powers, total, size, level, width):
    """Box sum of ``width`` numbers, an odd number, by its binary digits.

    ``powers`` starts with the numbers; its next levels become sums of 2, 4, 8, ... of
    them, in memory of their own: a loop over overlapping memory is no vector loop.
    """
    for x in range(size):
        total[x] = powers[x]
    reach, done, at = ONE, ONE, U(0)
    while 2 * reach <= width:
        for x in range(size):
            powers[at + level + x] = powers[at + x] + powers[at + x + reach]
        at += level
        reach += reach
        if width & reach:
            for x in range(size):
                total[x] += powers[at + done + x]
            done += reach


@njit(cache=True, nogil=True)
def keep_leader(k, z, span, window, scratch):
    """Note id k in the voxels of a plane where it is the most frequent so far."""
    tile, total = scratch.tile, scratch.total
    best, winner = scratch.best, scratch.winner
    _, _, y_low, rows, x_low, n, stride = span
    for y in range(rows):
        out = U((z * TILE_Y + y + y_low) * TILE_X + x_low)
        row = (z + window.rz) * window.height + y + y_low + window.ry
        center = U(row * window.width + x_low + window.rx)
        at = U(y * stride)
        for x in range(U(n)):
            count = total[at + x] if tile[center + x] != k else np.uint16(0)
            if count > best[out + x]:
                best[out + x] = count
                winner[out + x] = k


@njit(cache=True, nogil=True)
def count_id(k, shape, window, scratch):
    """Count id k in the window of every voxel near it; keep it where it leads."""
    columns, running = scratch.columns, scratch.running
    powers, total, bounds = scratch.powers, scratch.total, scratch.bounds
    z_low = max(0, bounds[k, 0] - 2 * window.rz)
    y_low = max(0, bounds[k, 2] - 2 * window.ry)
    x_low = max(0, bounds[k, 4] - 2 * window.rx) // LANES * LANES
    depth = min(shape[0] - 1, bounds[k, 1]) - z_low + 1
    rows = min(shape[1] - 1, bounds[k, 3]) - y_low + 1
    n = min(shape[2] - 1, bounds[k, 5]) - x_low + 1
    if depth <= 0 or rows <= 0 or n <= 0:
        return
    stride = min((n + 2 * window.rx + LANES - 1) // LANES * LANES, window.width - x_low)
    span = (z_low, depth, y_low, rows, x_low, n, stride)
    sum_along_y(k, span, window, scratch)
    plane = U(rows * stride)
    for i in range(plane):
        running[i] = 0
    for z in range(U(2 * window.rz)):
        for i in range(plane):
            running[i] += columns[z * plane + i]
    level = U(TILE_Y * window.width + LANES)
    for z in range(U(depth)):
        first = z * plane
        last = first + U(2 * window.rz) * plane
        for i in range(plane):
            count = np.uint16(running[i] + columns[last + i])
            powers[i] = count
            running[i] = count - columns[first + i]
        sum_along_x(powers, total, plane, level, U(2 * window.rx + 1))
        keep_leader(k, z_low + np.int64(z), span, window, scratch)


@njit(cache=True, nogil=True)
def write_pairs(low, shape, window, scratch, out):
    """Write the pair of every boundary voxel of a tile's core, 0 for other voxels."""
    tile, winner, ids = scratch.tile, scratch.winner, scratch.ids
    dy, dz = U(window.width), U(window.height * window.width)
    for z in range(shape[0]):
        for y in range(shape[1]):
            row = (z + window.rz) * window.height + y + window.ry
            center = U(row * window.width + window.rx)
            at = U((z * TILE_Y + y) * TILE_X)
            for x in range(U(shape[2])):
                i = center + x
                v = tile[i]
                a, b, c = tile[i - ONE], tile[i + ONE], tile[i - dy]
                d, e, f = tile[i + dy], tile[i - dz], tile[i + dz]
                edge = (
                    ((a != v) & (a != BEYOND))
                    | ((b != v) & (b != BEYOND))
                    | ((c != v) & (c != BEYOND))
                    | ((d != v) & (d != BEYOND))
                    | ((e != v) & (e != BEYOND))
                    | ((f != v) & (f != BEYOND))
                )
                inside = (v != 0) & (v != BEYOND)
                winner[at + x] = winner[at + x] if edge & inside else np.uint16(0)
            target = out[low[0] + z, low[1] + y, low[2] : low[2] + shape[2]]
            for x in range(U(shape[2])):
                pair = U(0)
                if winner[at + x]:
                    own = U(ids[tile[center + x] - 1])
                    other = U(ids[winner[at + x] - 1])
                    pair = (min(own, other) << SHIFT) | max(own, other)
                target[x] = pair


@njit(cache=True, nogil=True)
def clear(low, shape, out):
    """Write that a tile holds no pair."""
    for z in range(shape[0]):
        for y in range(shape[1]):
            row = out[low[0] + z, low[1] + y, low[2] : low[2] + shape[2]]
            for x in range(shape[2]):
                row[x] = 0


@njit(cache=True, nogil=True)
def pair_tiles(labels, radius, id_count, out):
    """Find the pairs of a block tile by tile; False if a tile has too many ids."""
    rz, ry, rx = radius
    width = (TILE_X + 2 * rx + LANES - 1) // LANES * LANES
    window = Window(rz, ry, rx, TILE_Y + 2 * ry, width)
    scratch = make_scratch(window, id_count)
    for z in range(0, out.shape[0], TILE_Z):
        for y in range(0, out.shape[1], TILE_Y):
            for x in range(0, out.shape[2], TILE_X):
                low = (z, y, x)
                shape = (
                    min(TILE_Z, out.shape[0] - z),
                    min(TILE_Y, out.shape[1] - y),
                    min(TILE_X, out.shape[2] - x),
                )
                count = read_tile(labels, low, shape, window, scratch)
                if count < 0:
                    return False
                sort_ids(scratch, count)
                if count < 2:
                    clear(low, shape, out)
                    continue
                rank_tile(shape, window, scratch, count)
                for i in range(scratch.best.size):
                    scratch.best[i] = 0
                    scratch.winner[i] = 0
                for k in range(1, count + 1):
                    count_id(np.uint16(k), shape, window, scratch)
                write_pairs(low, shape, window, scratch, out)
    return True


def pair_boundaries(labels, radius, id_count):
    """Pair every boundary voxel with the other id that its window holds most of.

    A boundary voxel has an id and a face neighbour without it; background counts, what
    lies outside of the volume does not. Among ids of equal count the smallest wins.

    Parameters
    ----------
    labels : (Z + 2 rz, Y + 2 ry, X + 2 rx) array of uint32
        Ids numbered 1..id_count, 0 is background, `dense.OUTSIDE` beyond the volume.
    radius : (rz, ry, rx), each at least 1
        The window has 2 r + 1 voxels along each axis.
    id_count : highest id

    Returns
    -------
    (Z, Y, X) array of uint64: ``smaller id << 32 | larger id``, 0 if there is none.

    Raises
    ------
    ValueError
        If the window is too large for 16-bit counts, or a tile holds 65,535 ids.
    """
    if min(radius) < 1 or np.prod([2 * r + 1 for r in radius]) > 0xFFFF:
        raise ValueError(f"A window of radius {radius} has no 3 to 65,535 voxels.")
    shape = tuple(n - 2 * r for n, r in zip(labels.shape, radius))
    out = np.empty(shape, np.uint64)
    if not pair_tiles(labels, tuple(radius), id_count, out):
        raise ValueError(
            "A tile of 32 x 32 x 64 voxels and its window hold more than 65,534 "
            "supervoxels. This is noise, or no segmentation."
        )
    return out
