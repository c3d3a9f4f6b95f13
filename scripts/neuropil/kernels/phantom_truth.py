"""Counts of voxels per index, with the sums of their coordinates."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def count_indices(index, band, start, out):
    """Add to out[i] (5 numbers) the voxels of index i > 0 of a box.

    Parameters
    ----------
    index : (Z, Y, X) array of integers
    band : (Z, Y, X) array of bool, voxels that are counted a second time
    start : (3,) int64, global coordinates of the first voxel
    out : (N, 5) int64: voxels, voxels in the band, sums of z, y, x
    """
    zero = index.dtype.type(0)
    for z in range(index.shape[0]):
        for y in range(index.shape[1]):
            for x in range(index.shape[2]):
                if index[z, y, x] == zero:
                    continue
                i = np.int64(index[z, y, x])
                out[i, 0] += 1
                out[i, 1] += np.int64(band[z, y, x])
                out[i, 2] += start[0] + z
                out[i, 3] += start[1] + y
                out[i, 4] += start[2] + x
