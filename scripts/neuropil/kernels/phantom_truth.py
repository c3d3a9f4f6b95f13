"""Counts of voxels per index, and the areas of membranes that face other cells."""

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
def find_facing(cell, place, around, apart, own):
    """Find the cell nearest to a voxel, other than its own; of equals the smallest.

    ``around`` (N, 3) are steps to voxels nearby, ``apart`` (N,) their lengths, rising.
    Returns the cell (0 if there is none) and the row of the step to its nearest voxel.
    """
    facing, distance, row = np.uint32(0), 0.0, 0
    for i in range(len(around)):
        if facing != 0 and apart[i] > distance:
            break
        other = cell[
            place[0] + around[i, 0], place[1] + around[i, 1], place[2] + around[i, 2]
        ]
        if other != 0 and other != own and (facing == 0 or other < facing):
            facing, distance, row = other, apart[i], i
    return facing, row


@njit(cache=True, nogil=True)
def measure_voxel(cell, place, size, smooth, weights):
    """Area of a cell's membrane in one of its voxels, in nm2; 0 if it has none.

    Projected along an axis, a surface is its voxel faces along that axis. So the area
    of a surface of unit normal n is that of its faces, each times abs(n) along its own
    axis. The normal is the gradient of the smoothed cell: ``weights`` (N, 3) in the
    voxels at the steps ``smooth`` (N, 3).
    """
    own = cell[place[0], place[1], place[2]]
    faces = np.zeros(3)
    normal = np.zeros(3)
    for axis in range(3):
        for way in (-1, 1):
            i, j, k = place[0], place[1], place[2]
            if axis == 0:
                i += way
            elif axis == 1:
                j += way
            else:
                k += way
            faces[axis] += cell[i, j, k] != own
    if faces.sum() == 0.0:
        return 0.0
    for i in range(len(smooth)):
        z, y, x = smooth[i, 0], smooth[i, 1], smooth[i, 2]
        if cell[place[0] + z, place[1] + y, place[2] + x] == own:
            for axis in range(3):
                normal[axis] += weights[i, axis]
    length = np.sqrt((normal**2).sum())
    volume = size[0] * size[1] * size[2]
    return (faces * np.abs(normal) / size).sum() * volume / (length + 1e-9)


@njit(cache=True, nogil=True)
def list_membranes(cell, zone, halo, size, smooth, facing, found):
    """List the voxels whose membrane faces another cell, with the membrane's area.

    A synapse has a voxel if the membrane opposite is the synapse's, too.

    Parameters
    ----------
    cell, zone : arrays of uint32, with a halo: cell and synapse of each voxel
    halo : (3,) voxels around the box
    size : (3,) voxel size in nm
    smooth : steps and weights of `measure_voxel`
    facing : steps and lengths of `find_facing`
    found : pairs (N, 2) uint32, areas (N,) int64 in nm2, zones (N,) uint32, written

    Returns
    -------
    Their number; when it exceeds N, only the first N are written.
    """
    pairs, areas, zones = found
    count = 0
    place = np.zeros(3, np.int64)
    for z in range(halo[0], cell.shape[0] - halo[0]):
        for y in range(halo[1], cell.shape[1] - halo[1]):
            for x in range(halo[2], cell.shape[2] - halo[2]):
                own = cell[z, y, x]
                if own == 0:
                    continue
                place[0], place[1], place[2] = z, y, x
                area = measure_voxel(cell, place, size, smooth[0], smooth[1])
                if area == 0.0:
                    continue
                other, row = find_facing(cell, place, facing[0], facing[1], own)
                if other == 0:
                    continue
                dz, dy, dx = facing[0][row]
                if count < len(areas):
                    pairs[count, 0] = min(own, other)
                    pairs[count, 1] = max(own, other)
                    areas[count] = np.int64(np.round(area))
                    same = zone[z, y, x] == zone[z + dz, y + dy, x + dx]
                    zones[count] = zone[z, y, x] if same else 0
                count += 1
    return count
