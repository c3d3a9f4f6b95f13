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
def join_pairs(parent, pairs):
    """Put pairs (N, 2) int64 of items together; a parent is never above its item."""
    for i in range(pairs.shape[0]):
        a = find_root(parent, pairs[i, 0])
        b = find_root(parent, pairs[i, 1])
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b


@njit(cache=True, nogil=True)
def point_to_roots(parent):
    """Let every item point to the smallest member of its set."""
    for item in range(parent.size):
        parent[item] = find_root(parent, item)
