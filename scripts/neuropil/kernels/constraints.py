"""Join groups along edges in their order, but for those that are to stay apart."""

import numpy as np
from numba import njit

from neuropil.kernels.unions import find_root


@njit(cache=True, nogil=True)
def find_top(above, item):
    """Root of an item, whose path stays as it is."""
    while above[item] != item:
        item = above[item]
    return item


@njit(cache=True, nogil=True)
def grow_forest(count, joins):
    """Hang the smaller group under the larger one, join by join.

    Returns
    -------
    above : (count,) int64, what each item hangs under; itself at the top
    when : (count,) int64, number of the join that hung it there; len(joins) at the top.
        It rises on the way up, which is no longer than log2(count).
    """
    above, size = np.arange(count), np.ones(count, np.int64)
    when = np.full(count, joins.shape[0], np.int64)
    for k in range(joins.shape[0]):
        a, b = find_top(above, joins[k, 0]), find_top(above, joins[k, 1])
        if a == b:
            continue
        if size[a] < size[b]:
            a, b = b, a
        above[b], when[b] = a, k
        size[a] += size[b]
    return above, when


@njit(cache=True, nogil=True)
def find_ranks(count, joins, edges):
    """Find which join brings the ends of each edge together.

    Parameters
    ----------
    count : items 0 .. count - 1
    joins : (J, 2) int64 items, in order
    edges : (E, 2) int64 items

    Returns
    -------
    (E,) int64 number of the join; J if none does
    """
    above, when = grow_forest(count, joins)
    ranks = np.empty(edges.shape[0], np.int64)
    for e in range(edges.shape[0]):
        a, b, rank = edges[e, 0], edges[e, 1], np.int64(-1)
        while a != b:
            if when[a] == when[b]:  # both are at the top
                rank = joins.shape[0]
                break
            if when[b] < when[a]:
                a, b = b, a
            rank, a = when[a], above[a]
        ranks[e] = rank
    return ranks


@njit(cache=True, nogil=True)
def are_apart(a, b, parent, apart, chain):
    """Whether a pair that is to stay apart has one end in each of two groups."""
    follow, head, _, length = chain
    if length[b] < length[a]:
        a, b = b, a
    at = head[a]
    while at >= 0:
        if find_root(parent, apart[at >> 1, 1 - (at & 1)]) == b:
            return True
        at = follow[at]
    return False


@njit(cache=True, nogil=True)
def hang_ends(parent, apart):
    """Chain the ends of pairs to the groups that they are in.

    Entry 2 k + s stands for end s of pair k. A group knows the first and the last entry
    of its chain, and how many there are; chains are joined in one step.
    """
    count = parent.size
    follow = np.full(2 * apart.shape[0], -1, np.int64)
    head, tail = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    length = np.zeros(count, np.int64)
    for entry in range(follow.size):
        root = find_root(parent, apart[entry >> 1, entry & 1])
        follow[entry] = head[root]
        if head[root] < 0:
            tail[root] = entry
        head[root] = entry
        length[root] += 1
    return follow, head, tail, length


@njit(cache=True, nogil=True)
def join_apart(parent, edges, apart, tag):
    """Join groups along edges, the first one first, but for those that stay apart.

    An edge is refused if the group that it would make holds both ends of a pair that
    is to stay apart, or items of two tags; later edges go on with the groups as they
    are. To know that costs the shorter of two chains per edge.

    Parameters
    ----------
    parent : (N,) int64, groups that there are, none with a parent above itself;
        overwritten by the smallest item of each one's group
    edges : (E, 2) int64 items
    apart : (P, 2) int64 items, none in the same group yet
    tag : (N,) int64 of each item, 0 for none, one per group at most; overwritten

    Returns
    -------
    (E,) bool: edges that were refused
    """
    chain = hang_ends(parent, apart)
    follow, head, tail, length = chain
    for item in range(parent.size):
        root = find_root(parent, item)
        tag[root] = max(tag[root], tag[item])
    refused = np.zeros(edges.shape[0], np.bool_)
    for e in range(edges.shape[0]):
        a, b = find_root(parent, edges[e, 0]), find_root(parent, edges[e, 1])
        if a == b:
            continue
        two_tags = tag[a] > 0 and tag[b] > 0 and tag[a] != tag[b]
        if two_tags or are_apart(a, b, parent, apart, chain):
            refused[e] = True
            continue
        if b < a:
            a, b = b, a
        parent[b] = a
        tag[a] = max(tag[a], tag[b])
        if head[a] < 0:
            head[a], tail[a] = head[b], tail[b]
        elif head[b] >= 0:
            follow[tail[a]] = head[b]
            tail[a] = tail[b]
        length[a] += length[b]
    for item in range(parent.size):
        parent[item] = find_root(parent, item)
    return refused
