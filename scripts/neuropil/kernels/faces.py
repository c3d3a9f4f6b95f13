"""Faces between labels: how many, and what a map holds there, by pair of labels."""

import numpy as np
from numba import njit

from neuropil.schemas.segmentation import BINS

U = np.uint64
COLUMNS = 4 + BINS  # faces along z, y, x; sum of the map; faces by bin of the map


@njit(cache=True, nogil=True)
def find_slot(slots, ends, a, b):
    """Place in slots where a pair (a < b) is, or where it belongs."""
    last = U(slots.size - 1)
    h = (U(a) * U(0x9E3779B97F4A7C15)) ^ (U(b) * U(0xC2B2AE3D27D4EB4F))
    h = (h ^ (h >> U(29))) & last
    while slots[h] >= 0 and (ends[slots[h], 0] != a or ends[slots[h], 1] != b):
        h = (h + U(1)) & last
    return h


@njit(cache=True, nogil=True)
def find_row(pair, slots, ends, used):
    """Row of a pair, a new one if it has none; how many rows there are then."""
    a, b = min(pair[0], pair[1]), max(pair[0], pair[1])
    h = find_slot(slots, ends, a, b)
    if slots[h] < 0:
        slots[h] = used
        ends[used, 0], ends[used, 1] = a, b
        used += 1
    return slots[h], used


@njit(cache=True, nogil=True)
def add_face(pair, axis, value, slots, ends, table, used):
    """Add a face to the row of its pair; how many rows there are now."""
    k, used = find_row(pair, slots, ends, used)
    table[k, axis] += 1
    table[k, 3] += value
    table[k, 4 + ((value * BINS) >> 8)] += 1
    return used


@njit(cache=True, nogil=True)
def read_face(values, axis, here, there):
    """Read a face: its own value, or of a map that of the higher of its voxels."""
    if values.ndim == 4:
        return np.int64(values[axis, there[0], there[1], there[2]])
    return np.int64(
        max(values[here[0], here[1], here[2]], values[there[0], there[1], there[2]])
    )


@njit(cache=True, nogil=True)
def scan_plane(labels, values, z, shape, slots, ends, table, used):
    """Add the faces whose lower voxel lies in a plane; how many rows there are then."""
    nz, ny, nx = labels.shape
    for y in range(shape[1]):
        for x in range(shape[2]):
            here = labels[z, y, x]
            if here == 0:
                continue
            for axis in range(3):
                w, v, u = z + (axis == 0), y + (axis == 1), x + (axis == 2)
                if w == nz or v == ny or u == nx:
                    continue
                there = labels[w, v, u]
                if there == here or there == 0:
                    continue
                value = read_face(values, axis, (z, y, x), (w, v, u))
                pair = (here, there)
                used = add_face(pair, axis, value, slots, ends, table, used)
    return used


def count_faces(
    labels: np.ndarray, values: np.ndarray, shape: tuple[int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Count the faces between labels, by what they are worth.

    Parameters
    ----------
    labels : (Z, Y, X) uint64, 0 is none
        Voxels that own faces (of ``shape``), and up to one voxel more behind these.
    values : (Z, Y, X) uint8, a map whose higher voxel counts, or (3, Z, Y, X) uint8,
        of the face below each voxel along z, y, x
    shape : a voxel within it owns the faces to the next voxel along each axis

    Returns
    -------
    ends : (E, 2) uint64 labels a < b, in no order
    table : (E, `COLUMNS`) int64
    """
    slots, ends, table = open_table(COLUMNS)
    used = 0
    for z in range(shape[0]):
        most = used + 3 * shape[1] * shape[2]  # faces of the plane
        slots, ends, table = make_room(slots, ends, table, used, most)
        used = scan_plane(labels, values, z, shape, slots, ends, table, used)
    return ends[:used], table[:used]


def open_table(columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Open a table of pairs: slots, pairs (E, 2), and sums (E, columns)."""
    room = 1 << 12
    slots = np.full(2 * room, -1, np.int64)
    return slots, np.zeros((room, 2), np.uint64), np.zeros((room, columns), np.int64)


def make_room(
    slots: np.ndarray, ends: np.ndarray, table: np.ndarray, used: int, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Let a table of pairs hold as many as there may be; some rows are used."""
    if most <= len(ends):
        return slots, ends, table
    room = 1 << most.bit_length()  # a power of two, as `find_slot` needs it
    slots = np.full(2 * room, -1, np.int64)
    ends, table = np.resize(ends, (room, 2)), np.resize(table, (room, table.shape[1]))
    ends[used:], table[used:] = 0, 0
    enter_rows(slots, ends, used)
    return slots, ends, table


@njit(cache=True, nogil=True)
def enter_rows(slots, ends, used):
    """Enter the pairs that there are into empty slots."""
    for k in range(used):
        slots[find_slot(slots, ends, ends[k, 0], ends[k, 1])] = k
