"""Buckets: cells hashed into a fixed number of files.

A million cells are thousands of files, and which file a cell is in can be told from its
id alone. The hash spreads ids that follow each other over all buckets.
"""

from __future__ import annotations

import numpy as np

STEP = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)


def mix(ids: np.ndarray) -> np.ndarray:
    """Hash ids (N,) to uint64 (the output function of SplitMix64, Steele et al. 2014).

    >>> int(mix(np.array([0], np.uint64))[0])
    16294208416658607535
    """
    z = np.asarray(ids, np.uint64) + STEP
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    return z ^ (z >> np.uint64(31))


def bucket_of(ids: np.ndarray, count: int) -> np.ndarray:
    """Bucket of each id.

    Parameters
    ----------
    ids : (N,) uint64, of cells or other objects
    count : number of buckets

    Returns
    -------
    (N,) int64, 0 to count - 1

    >>> bucket_of(np.array([1, 2, 2**63], np.uint64), 64).tolist()
    [1, 14, 27]
    """
    return (mix(ids) % np.uint64(count)).astype(np.int64)


def bucket_names(count: int) -> list[str]:
    """Names of buckets in files: their numbers, with at least two digits.

    >>> bucket_names(3), bucket_names(101)[-1]
    (['00', '01', '02'], '100')
    """
    width = max(2, len(str(count - 1)))
    return [str(number).zfill(width) for number in range(count)]
