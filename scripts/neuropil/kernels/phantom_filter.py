"""Filters whose taps change from section to section, in numba."""

from numba import njit


@njit(cache=True, nogil=True)
def filter_axis(grey, taps, axis, out):
    """Filter along one axis with taps of each section.

    Parameters
    ----------
    grey : array of float32, longer than out by ``taps.shape[1] - 1`` along ``axis``
    taps : (Z, T) array of float32, those of out's sections
    axis : 0, 1 or 2
    out : (Z, Y, X) array of float32, written
    """
    dz, dy, dx = int(axis == 0), int(axis == 1), int(axis == 2)
    for z in range(out.shape[0]):
        for y in range(out.shape[1]):
            for x in range(out.shape[2]):
                out[z, y, x] = 0
            for t in range(taps.shape[1]):
                weight = taps[z, t]
                row = grey[z + dz * t, y + dy * t]
                for x in range(out.shape[2]):
                    out[z, y, x] += weight * row[x + dx * t]
