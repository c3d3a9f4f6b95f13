"""Halve the voxels of a volume along some of its axes."""

from __future__ import annotations

import itertools

import numpy as np

from neuropil.grid import Triple


def halve(voxels: np.ndarray, steps: Triple) -> np.ndarray:
    """Halve labels (uint64) or grey values (of other types) along the axes of step 2.

    Parameters
    ----------
    voxels : (Z, Y, X), of even length where the step is 2
    steps : 1 or 2 along z, y, x

    Returns
    -------
    (Z, Y, X) // steps. Of labels, the most frequent in each cell of voxels; of several,
    the one that is met first in the order z, y, x. Of grey values, the mean, rounded.
    """
    parts = [
        voxels[tuple(slice(a, None, s) for a, s in zip(corner, steps))]
        for corner in itertools.product(*map(range, steps))
    ]
    if len(parts) == 1:
        return voxels
    return most_frequent(parts) if voxels.dtype == np.uint64 else mean(parts)


def most_frequent(parts: list[np.ndarray]) -> np.ndarray:
    """Choose, place by place, the most frequent value; of several, the first."""
    best, most = parts[0].copy(), np.zeros(parts[0].shape, np.uint8)
    for number, part in enumerate(parts):
        # Values before this one have been counted where they are the same.
        count = np.ones(part.shape, np.uint8)
        for other in parts[number + 1 :]:
            count += part == other
        better = count > most
        best[better] = part[better]
        most[better] = count[better]
    return best


def mean(parts: list[np.ndarray]) -> np.ndarray:
    """Mean, place by place, rounded to the nearest whole number, halves upwards."""
    total = np.zeros(parts[0].shape, np.uint32)
    for part in parts:
        total += part
    total += np.uint32(len(parts) // 2)
    return (total // np.uint32(len(parts))).astype(parts[0].dtype)
