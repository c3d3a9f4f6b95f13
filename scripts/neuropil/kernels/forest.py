"""Watershed by a maximum spanning forest: how basins join.

The order of edges is strict (`kernels.basins`), so that the forest is unique.
"""

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
def unite(parent, one, two):
    """Join the sets of two items under the smaller root, and return it."""
    one, two = find_root(parent, one), find_root(parent, two)
    if two < one:
        one, two = two, one
    parent[two] = one
    return one


@njit(cache=True, nogil=True)
def grow_forest(first, second, solid, unfinished, seeds, min_seed):
    """Contract basins along the edges that the final forest is sure to hold.

    A basin without a kept seed, all of whose edges are known, joins its highest
    neighbour: that edge is in the forest of the whole volume, whatever lies outside.
    An edge that closes a circle, also one through two roots, is not.

    Parameters
    ----------
    first, second : (E,) int64 basins of each edge, highest edge first
    solid : (E,) bool, edges within one seed; these come first
    unfinished : (N,) bool, basins that also have edges outside
    seeds : (N,) int64 seed voxels of each basin
    min_seed : seeds of fewer voxels, and of none, are no roots

    Returns
    -------
    group : (N,) int64, first basin of the group that a basin joins, -1 = background
    seeds : (N,) int64, seed voxels of each group, at its first basin
    kept : (E,) bool, edges between groups that are still to be decided
    """
    count = unfinished.size
    group = np.arange(count)
    cover = np.arange(count + 1)  # what edges so far, or roots (item count), connect
    size = seeds.copy()
    anchor = unfinished.copy()
    kept = np.zeros(first.size, np.bool_)
    decided = 0
    while decided < first.size and solid[decided]:
        a = find_root(group, first[decided])
        b = find_root(group, second[decided])
        if a != b:
            root = unite(group, a, b)
            size[root] = size[a] + size[b]
            anchor[root] = anchor[a] or anchor[b]
            unite(cover, a, b)
        decided += 1
    for i in range(count):
        if group[i] == i and size[i] >= max(min_seed, 1):
            anchor[i] = True
            unite(cover, i, count)
    for k in range(decided, first.size):
        if find_root(cover, first[k]) == find_root(cover, second[k]):
            continue
        unite(cover, first[k], second[k])
        a = find_root(group, first[k])
        b = find_root(group, second[k])
        if anchor[a] and anchor[b]:
            kept[k] = True
            continue
        root = unite(group, a, b)
        size[root] = size[b] if anchor[b] else size[a]
        anchor[root] = anchor[a] or anchor[b]
    result = np.empty(count, np.int64)
    for i in range(count):
        root = find_root(group, i)
        result[i] = root if anchor[root] else -1
    return result, size, kept
