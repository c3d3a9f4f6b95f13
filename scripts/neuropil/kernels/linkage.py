"""Hierarchical agglomeration: join along the best edge, add up edges, score them anew.

The sums of an edge (`kernels.faces`) add up, so that the score between two groups of
supervoxels is that of all faces between them: as waterz does on volumes (Funke et al.
2019, IEEE TPAMI 41:1669), but on a table, for a graph of any size.
"""

import numpy as np
from numba import njit

from neuropil.kernels.faces import find_slot

U = np.uint64
MEAN = -1.0  # the share that asks for the mean, and not for a quantile


@njit(cache=True, nogil=True)
def find_quantile(bins, share):
    """Quantile (0 to 1) of a histogram of equal bins, linear within a bin."""
    total = np.int64(0)
    for count in bins:
        total += count
    wanted = share * total
    below = np.int64(0)
    for i in range(bins.size):
        if bins[i] > 0 and below + bins[i] >= wanted:
            return (i + (wanted - below) / bins[i]) / bins.size
        below += bins[i]
    return 1.0


@njit(cache=True, nogil=True)
def measure_cost(row, share):
    """How much of a membrane an edge is, 0 to 1: a quantile of the map, or the mean."""
    if share == MEAN:
        return row[3] / (row[0] + row[1] + row[2]) / 255
    return find_quantile(row[4:], share)


@njit(cache=True, nogil=True)
def measure_costs(table, share):
    """Cost of each edge, (E,) float64; see `measure_cost`."""
    costs = np.empty(table.shape[0])
    for k in range(costs.size):
        costs[k] = measure_cost(table[k], share)
    return costs


@njit(cache=True, nogil=True)
def sift_down(heap, place, cost, k):
    """Order a heap below position k, ties by the edge's number; -1 is beyond it."""
    e = heap[k]
    n = heap.size
    while True:
        down = 2 * k + 1
        if down >= n or heap[down] < 0:
            break
        f = heap[down]
        if down + 1 < n and heap[down + 1] >= 0:
            g = heap[down + 1]
            if cost[g] < cost[f] or (cost[g] == cost[f] and g < f):
                down += 1
                f = g
        if cost[f] < cost[e] or (cost[f] == cost[e] and f < e):
            heap[k], place[f] = f, k
            k = down
        else:
            break
    heap[k], place[e] = e, k


@njit(cache=True, nogil=True)
def sift(heap, place, cost, k):
    """Restore the order of an indexed heap, whose edge at position k has changed."""
    e = heap[k]
    while k > 0:
        up = (k - 1) >> 1
        f = heap[up]
        if cost[e] < cost[f] or (cost[e] == cost[f] and e < f):
            heap[k], place[f] = f, k
            k = up
        else:
            break
    heap[k] = e
    sift_down(heap, place, cost, k)


@njit(cache=True, nogil=True)
def drop(heap, place, cost, count, e):
    """Take an edge out of the heap of ``count`` edges; how many are left."""
    k = place[e]
    last = heap[count - 1]
    heap[count - 1] = -1
    place[e] = -1
    if last != e:
        heap[k], place[last] = last, k
        sift(heap, place, cost, k)
    return count - 1


@njit(cache=True, nogil=True)
def unlink(slots, ends, e):
    """Take an edge out of the slots; moves those behind it, so that none is a grave."""
    last = U(slots.size - 1)
    h = find_slot(slots, ends, ends[e, 0], ends[e, 1])
    slots[h] = -1
    k = (h + U(1)) & last
    while slots[k] >= 0:
        f = slots[k]
        slots[k] = -1
        slots[find_slot(slots, ends, ends[f, 0], ends[f, 1])] = f
        k = (k + U(1)) & last


@njit(cache=True, nogil=True)
def hang(chain, node, entry):
    """Put an entry at the head of a node's chain of edges."""
    follow, head, degree = chain
    follow[entry] = head[node]
    head[node] = entry
    degree[node] += 1


@njit(cache=True, nogil=True)
def set_up(ends, table, share, count):
    """Costs, slots, chains and heap of the edges, before the first join.

    A chain holds the edges of a node: entries 2 e and 2 e + 1 are the ends of edge e.
    """
    edges = ends.shape[0]
    room = 16
    while room < 2 * edges:
        room *= 2
    slots, cost = np.full(room, -1, np.int64), np.empty(edges)
    chain = (
        np.full(2 * edges, -1, np.int64),
        np.full(count, -1, np.int64),
        np.zeros(count, np.int64),
    )
    for e in range(edges):
        cost[e] = measure_cost(table[e], share)
        slots[find_slot(slots, ends, ends[e, 0], ends[e, 1])] = e
        for side in range(2):
            hang(chain, ends[e, side], 2 * e + side)
    heap, place = np.arange(edges), np.arange(edges)
    for k in range(edges // 2 - 1, -1, -1):
        sift_down(heap, place, cost, k)
    return slots, cost, chain, heap, place


@njit(cache=True, nogil=True)
def move_edges(a, b, ends, table, share, state, left):
    """Give all edges of node b to node a; parallel ones add up. How many are left."""
    slots, cost, chain, heap, place = state
    follow, head, _ = chain
    at = head[b]
    while at >= 0:
        after, f = follow[at], at >> 1
        if ends[f, 0] < 0:  # is gone: it has joined, or been added to another
            at = after
            continue
        c = ends[f, 1] if ends[f, 0] == b else ends[f, 0]
        unlink(slots, ends, f)
        ends[f, 0], ends[f, 1] = min(a, c), max(a, c)
        h = find_slot(slots, ends, ends[f, 0], ends[f, 1])
        g = slots[h]
        if g < 0:
            slots[h] = f
            hang(chain, a, at)
            at = after
            continue
        kept, gone = min(f, g), max(f, g)
        for j in range(table.shape[1]):
            table[kept, j] += table[gone, j]
        slots[h] = kept
        ends[gone, 0] = -1
        left = drop(heap, place, cost, left, gone)
        if kept == f:  # the chain of a holds g, which is gone
            hang(chain, a, at)
        cost[kept] = measure_cost(table[kept], share)
        sift(heap, place, cost, place[kept])
        at = after
    head[b] = -1
    return left


@njit(cache=True, nogil=True)
def link_groups(count, edges, table, share):
    """Join nodes along the best edge, until none is left.

    Of equal costs, the edge that comes first. The node of more edges takes those of the
    other one: O(E log E log N) in all.

    Parameters
    ----------
    count : nodes 0 .. count - 1
    edges : (E, 2) int64 nodes of each edge, a < b, each pair once, sorted
    table : (E, COLUMNS) int64 sums of `kernels.faces`; overwritten
    share : quantile of the map that is the cost of an edge, or `MEAN`

    Returns
    -------
    joins : (J, 2) int64 smallest nodes of the two groups, in order
    costs : (J,) float64 of each join; they need not rise
    """
    ends = edges.copy()
    state = set_up(ends, table, share, count)
    slots, cost, chain, heap, place = state
    degree = chain[2]
    name = np.arange(count)  # smallest node of the group that a node stands for
    most = max(count - 1, 0)
    joins, costs = np.empty((most, 2), np.int64), np.empty(most)
    done, left = 0, edges.shape[0]
    while left > 0:
        e = heap[0]
        a, b = ends[e, 0], ends[e, 1]
        joins[done, 0], joins[done, 1] = min(name[a], name[b]), max(name[a], name[b])
        costs[done] = cost[e]
        done += 1
        left = drop(heap, place, cost, left, e)
        unlink(slots, ends, e)
        ends[e, 0] = -1
        if degree[a] < degree[b]:
            a, b = b, a
        name[a] = min(name[a], name[b])
        left = move_edges(a, b, ends, table, share, state, left)
    return joins[:done], costs[:done]
