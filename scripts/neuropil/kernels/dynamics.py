"""Basins of a watershed join across shallow saddles, and small ones into others.

Only edges of the maximum spanning forest count (edges are given highest first, and
their order is strict). A saddle is shallow if one of the two sides that first meet
there rises less than a depth above it: the side's dynamics (Grimaud 1992).
"""

import numpy as np
from numba import njit

from neuropil.kernels.forest import find_root, unite


@njit(cache=True, nogil=True)
def contract_shallow(first, second, level, peak, unfinished, depth):
    """Join basins as far as no voxel outside of the box can change it.

    A side all of whose saddles are known, and which is one basin by now, joins across
    its highest saddle, if that is shallow: the other side rises at least as high,
    whatever lies outside. It must not raise the peak of the basin that it joins, which
    counts for saddles above its own.

    Parameters
    ----------
    first, second : (E,) int64 basins of each edge, highest edge first
    level : (E,) int64 height of its lower voxel
    peak : (N,) int64 height of each basin
    unfinished : (N,) bool, basins that also have edges outside
    depth : a rise below this is shallow

    Returns
    -------
    group : (N,) int64 basin that each basin is part of now, whose peak is the group's
    kept : (E,) bool, edges of the forest between groups
    """
    count = peak.size
    flood = np.arange(count)  # what edges so far connect
    top, open_ = peak.copy(), unfinished.copy()
    whole = np.ones(count, np.bool_)  # whether what they connect is one group
    group = np.arange(count)  # parent of each basin; its root lends the peak
    kept = np.zeros(first.size, np.bool_)
    for k in range(first.size):
        a, b = find_root(flood, first[k]), find_root(flood, second[k])
        if a == b:
            continue
        joined = False
        for turn in range(2):
            here, there = (a, b) if turn == 0 else (b, a)
            if open_[here] or not whole[here] or top[here] > top[there]:
                continue
            if top[here] - level[k] >= depth:
                continue
            into = second[k] if turn == 0 else first[k]
            gone = first[k] if turn == 0 else second[k]
            group[find_root(group, gone)] = find_root(group, into)
            root = unite(flood, here, there)
            top[root], open_[root] = top[there], open_[there]
            whole[root] = whole[there]
            joined = True
            break
        if not joined:
            kept[k] = True
            root = unite(flood, a, b)
            top[root] = max(top[a], top[b])
            open_[root] = open_[a] or open_[b]
            whole[root] = False
    for i in range(count):
        group[i] = find_root(group, i)
    return group, kept


@njit(cache=True, nogil=True)
def join_shallow(first, second, level, peak, size, depth, least):
    """Join the basins of a whole volume: across shallow saddles, then small ones.

    Small ones join across the highest saddle that is left to them, highest first, until
    they have ``least`` voxels or no saddle is left.

    Parameters
    ----------
    first, second, level, peak, depth : as for `contract_shallow`
    size : (N,) int64 voxels of each basin
    least : groups of fewer voxels are small

    Returns
    -------
    (N,) int64: first basin of the group of each
    """
    count = peak.size
    flood, group = np.arange(count), np.arange(count)
    top, total = peak.copy(), size.copy()
    left = np.zeros(first.size, np.bool_)
    for k in range(first.size):
        a, b = find_root(flood, first[k]), find_root(flood, second[k])
        if a == b:
            continue
        shallow = min(top[a], top[b]) - level[k] < depth
        root = unite(flood, a, b)
        top[root] = max(top[a], top[b])
        left[k] = not shallow
        if shallow:
            join(group, total, first[k], second[k])
    for k in range(first.size):
        if left[k]:
            a, b = find_root(group, first[k]), find_root(group, second[k])
            if min(total[a], total[b]) < least:
                join(group, total, a, b)
    for i in range(count):
        group[i] = find_root(group, i)
    return group


@njit(cache=True, nogil=True)
def join(group, total, one, two):
    """Join the groups of two basins, and add up their voxels."""
    a, b = find_root(group, one), find_root(group, two)
    root = unite(group, a, b)
    total[root] = total[a] + total[b]
