"""Union-find in numba."""

from numba import njit


@njit(cache=True, nogil=True)
def find_root(parent, item):
    """Root of an item; halves the path on the way."""
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return item


@njit(cache=True, nogil=True)
def join_pairs(parent, pairs, is_last):
    """Put pairs (N, 2) int64 of items together; a parent is never above its item.

    After the last ones every item points to the smallest of its set.
    """
    for i in range(pairs.shape[0]):
        a = find_root(parent, pairs[i, 0])
        b = find_root(parent, pairs[i, 1])
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b
    if is_last:
        for item in range(parent.size):
            parent[item] = find_root(parent, item)
