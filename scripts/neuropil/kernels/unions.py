"""Union-find in numba."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def find_root(parent, item):
    """Root of an item; halves the path on the way."""
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item


@njit(cache=True, nogil=True)
def union_roots(count, pairs):
    """Smallest member of each item's set; pairs (N, 2) int64, items 0..count-1."""
    parent = np.arange(count)
    for i in range(pairs.shape[0]):
        a = find_root(parent, pairs[i, 0])
        b = find_root(parent, pairs[i, 1])
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b
    for item in range(count):
        parent[item] = find_root(parent, item)
    return parent
