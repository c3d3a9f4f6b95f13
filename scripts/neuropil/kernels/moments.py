"""Moments of labels and of the faces between them: where they lie, how they spread."""

import numpy as np
from numba import njit

from neuropil.kernels.faces import U, find_row, make_room, open_table

COLUMNS = 14  # count, 3 sums, 6 sums of products, sum of the map, 3 leans


@njit(cache=True, nogil=True)
def add_place(row, z, y, x):
    """Add a place, in half voxels, to the sums of a row; products wrap around."""
    row[0] += 1
    row[1] += z
    row[2] += y
    row[3] += x
    row[4] += z * z
    row[5] += y * y
    row[6] += x * x
    row[7] += z * y
    row[8] += z * x
    row[9] += y * x


@njit(cache=True, nogil=True)
def scan_plane(labels, values, z, start, shape, slots, ends, table, used):
    """Add a plane's voxels, and the faces whose lower voxel lies in it."""
    nz, ny, nx = labels.shape
    for y in range(shape[1]):
        last, own = U(0), np.int64(0)
        for x in range(shape[2]):
            here = labels[z, y, x]
            if here == 0:
                continue
            at = (2 * (start[0] + z), 2 * (start[1] + y), 2 * (start[2] + x))
            if here != last:
                last, (own, used) = here, find_row((here, here), slots, ends, used)
            add_place(table[own], at[0], at[1], at[2])
            table[own, 10] += values[z, y, x]
            for axis in range(3):
                dz, dy, dx = int(axis == 0), int(axis == 1), int(axis == 2)
                if z + dz == nz or y + dy == ny or x + dx == nx:
                    continue
                there = labels[z + dz, y + dy, x + dx]
                if there == here or there == 0:
                    continue
                k, used = find_row((here, there), slots, ends, used)
                add_place(table[k], at[0] + dz, at[1] + dy, at[2] + dx)
                table[k, 11 + axis] += 1 if here < there else -1
    return used


def add_moments(
    labels: np.ndarray,
    values: np.ndarray,
    start: tuple[int, int, int],
    shape: tuple[int, int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Add up the places of the voxels of labels, and of the faces between labels.

    Parameters
    ----------
    labels : (Z, Y, X) uint64, 0 is none
        Voxels that count (of ``shape``), and up to one voxel more behind these.
    values : (Z, Y, X) uint8, the map
    start : the first voxel's place in the dataset

    Returns
    -------
    ends : (E, 2) uint64, a < b of faces, a = b of voxels; in no order
    table : (E, `COLUMNS`) int64, places in half voxels
    """
    slots, ends, table = open_table(COLUMNS)
    start, used = tuple(np.int64(v) for v in start), 0
    for z in range(shape[0]):
        most = used + 4 * shape[1] * shape[2]  # the plane's voxels and faces
        slots, ends, table = make_room(slots, ends, table, used, most)
        used = scan_plane(labels, values, z, start, shape, slots, ends, table, used)
    return ends[:used], table[:used]
