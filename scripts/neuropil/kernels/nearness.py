"""Whether two sets of points come within a distance of each other."""

from numba import njit


@njit(cache=True, nogil=True)
def come_near(first, second, size, reach):
    """Whether any of some voxels lies within a distance of any of others.

    Only voxels that are within reach of the other set's bounding box are compared, and
    none after the first that are near.

    Parameters
    ----------
    first, second : (N, 3), (M, 3) int32, voxels
    size : (3,) float64, of a voxel
    reach : in the unit of size; a distance of just this is near
    """
    low, high = second[0].copy(), second[0].copy()
    for i in range(len(second)):
        for axis in range(3):
            low[axis] = min(low[axis], second[i, axis])
            high[axis] = max(high[axis], second[i, axis])
    for i in range(len(first)):
        away = 0.0
        for axis in range(3):
            place = first[i, axis]
            gap = max(low[axis] - place, place - high[axis], 0) * size[axis]
            away += gap * gap
        if away > reach * reach:
            continue
        for j in range(len(second)):
            z = (first[i, 0] - second[j, 0]) * size[0]
            y = (first[i, 1] - second[j, 1]) * size[1]
            x = (first[i, 2] - second[j, 2]) * size[2]
            if z * z + y * y + x * x <= reach * reach:
                return True
    return False
