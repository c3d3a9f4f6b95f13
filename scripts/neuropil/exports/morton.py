"""Morton codes: numbers of places in a grid, so that near places have near numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def coordinate_bits(grid_shape: Sequence[int]) -> list[int]:
    """Bits that a coordinate needs along each axis of a grid.

    >>> coordinate_bits((1, 2, 5))
    [0, 1, 3]
    """
    return [(int(n) - 1).bit_length() for n in grid_shape]


def morton_code(places: np.ndarray, grid_shape: Sequence[int]) -> np.ndarray:
    """Compressed Morton code of places in a grid, as Neuroglancer's format defines it.

    Bits of x, y and z follow each other, the lowest first; bits that are 0 for the
    whole grid are left out.

    Parameters
    ----------
    places : (N, 3) whole numbers, in the order x, y, z
    grid_shape : of the grid, x, y, z

    Returns
    -------
    (N,) uint64

    >>> morton_code(np.array([[1, 0, 0], [1, 1, 0], [2, 1, 0]]), (4, 2, 1)).tolist()
    [1, 3, 6]
    """
    places = np.asarray(places).astype(np.uint64)
    bits = coordinate_bits(grid_shape)
    code = np.zeros(len(places), np.uint64)
    position = 0
    for bit in range(max(bits)):
        for axis in range(3):
            if bit < bits[axis]:
                value = (places[:, axis] >> np.uint64(bit)) & np.uint64(1)
                code |= value << np.uint64(position)
                position += 1
    return code
