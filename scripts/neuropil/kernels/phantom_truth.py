"""Counts of voxels per index, and the areas of surfaces between cells."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def count_indices(index, start, out):
    """Add to out[i] the voxels of index i > 0 of a box.

    Parameters
    ----------
    index : (Z, Y, X) array of integers
    start : (3,) int64, global coordinates of the first voxel
    out : (N, 4) int64: voxels, sums of z, y, x
    """
    zero = index.dtype.type(0)
    for z in range(index.shape[0]):
        for y in range(index.shape[1]):
            for x in range(index.shape[2]):
                if index[z, y, x] == zero:
                    continue
                i = np.int64(index[z, y, x])
                out[i, 0] += 1
                out[i, 1] += start[0] + z
                out[i, 2] += start[1] + y
                out[i, 3] += start[2] + x


@njit(cache=True, nogil=True)
def list_faces(cell, distance, zone, shape, size, pairs, areas, zones):
    """List the voxel faces that lie between two cells, with the area each stands for.

    The surface's projection along an axis is its faces along that axis; so the area of
    a surface of unit normal n is the sum of its faces' areas times abs(n), over all
    three axes. From one voxel to the next the distance to the surface changes by
    abs(n) voxel sizes: it gives the normal.

    Parameters
    ----------
    cell, distance, zone : (Z + 1, Y + 1, X + 1) uint32, float32 in nm, uint32: cell of
        each voxel, distance to the nearest surface between two cells, synapse
    shape : (3,) Z, Y, X of the box whose voxels own the faces above them
    size : (3,) voxel size in nm
    pairs : (N, 2) uint32, areas : (N,) int64 in nm2, zones : (N,) uint32, written

    Returns
    -------
    The number of faces; when it exceeds N, only the first N are written.
    """
    count = 0
    step = np.zeros(3, np.int64)
    for z in range(shape[0]):
        for y in range(shape[1]):
            for x in range(shape[2]):
                one = cell[z, y, x]
                if one == 0:
                    continue
                for axis in range(3):
                    step[:] = 0
                    step[axis] = 1
                    i, j, k = z + step[0], y + step[1], x + step[2]
                    two = cell[i, j, k]
                    if two == one or two == 0:
                        continue
                    if count < len(areas):
                        face = size[0] * size[1] * size[2] / size[axis]
                        rise = np.float64(distance[z, y, x]) + distance[i, j, k]
                        share = min(1.0, rise / size[axis])
                        pairs[count, 0] = min(one, two)
                        pairs[count, 1] = max(one, two)
                        areas[count] = np.int64(np.round(face * share))
                        same = zone[z, y, x] == zone[i, j, k]
                        zones[count] = zone[z, y, x] if same else 0
                    count += 1
    return count
