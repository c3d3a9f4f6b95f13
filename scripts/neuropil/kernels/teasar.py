"""TEASAR: paths that reach every part of an object, each as central as possible.

The object lies in a crop with a border of at least one voxel of background, so that no
step has to look for an end. Voxels are named by their index in the crop, z slowest.
After Sato et al. 2000, with the rails of kimimaro (Silversmith et al.).
"""

import numpy as np
from numba import njit

U = np.uint64
ZERO, ONE, TWO, STEPS = U(0), U(1), U(2), U(26)
NONE = np.uint32(0xFFFFFFFF)
FAR = np.float32(np.inf)
UNSEEN, DONE = np.int32(-1), np.int32(-2)


@njit(cache=True, nogil=True)
def spread_distances(inside, sources, steps, lengths, out):
    """Measure the way along voxels from some to all that are connected with them.

    Voxels lie in a ring of bins as wide as the shortest step, so that what is in a bin
    is final when its turn comes.

    Parameters
    ----------
    inside : (N,) uint8, 1 in the object
    sources : (S,) uint32, voxels to start from
    steps, lengths : (26,) uint64, float32; index and length in nm of a step
    out : distance (N,) float32 in nm, infinite at the start; order (V,) uint32, gets
        the voxels, nearest first (but for less than a step); ring (B, V) uint32

    Returns
    -------
    Number of voxels reached.
    """
    distance, order, ring = out
    bins = U(ring.shape[0])
    shortest, longest = lengths[0], lengths[0]
    for k in range(STEPS):
        shortest = min(shortest, lengths[k])
        longest = max(longest, lengths[k])
    scale = np.float32(1.01) / shortest  # so that rounding leaves no step within a bin
    held = np.zeros(ring.shape[0], np.uint64)
    for source in sources:
        if distance[source] == FAR:
            distance[source] = 0
            ring[0, held[0]] = source
            held[0] += ONE
    live, turn, count = np.int64(held[0]), ZERO, ZERO
    while live > 0:
        row = turn % bins
        for i in range(held[row]):
            voxel = U(ring[row, i])
            live -= 1
            here = distance[voxel]
            if U(here * scale) != turn:
                continue
            order[count] = voxel
            count += ONE
            for k in range(STEPS):
                other = voxel + steps[k]
                if inside[other] == 0:
                    continue
                there = here + lengths[k]
                before = distance[other]
                if there < before:
                    distance[other] = there
                    target = U(there * scale)
                    if before == FAR or U(before * scale) != target:
                        to = target % bins
                        ring[to, held[to]] = other
                        held[to] += ONE
                        live += 1
        held[row] = ZERO
        turn += ONE
    return count


@njit(cache=True, nogil=True)
def sift_up(heap, keys, place, at):
    """Move an item of a heap towards the top until its order holds."""
    item = heap[at]
    key = keys[item]
    while at > ZERO:
        above = (at - ONE) >> ONE
        other = heap[above]
        if keys[other] <= key:
            break
        heap[at] = other
        place[other] = at
        at = above
    heap[at] = item
    place[item] = at


@njit(cache=True, nogil=True)
def sift_down(heap, keys, place, size):
    """Move the top item of a heap down until its order holds."""
    at = ZERO
    item = heap[at]
    key = keys[item]
    while True:
        child = at * TWO + ONE
        if child >= size:
            break
        if child + ONE < size and keys[heap[child + ONE]] < keys[heap[child]]:
            child += ONE
        other = heap[child]
        if keys[other] >= key:
            break
        heap[at] = other
        place[other] = at
        at = child
    heap[at] = item
    place[item] = at


@njit(cache=True, nogil=True)
def find_rail(target, cost, inside, steps, lengths, search):
    """Find the cheapest way from a voxel to the paths so far (Dijkstra).

    A step costs what it enters times its length. Paths so far cost nothing.

    Parameters
    ----------
    target : voxel to start from
    cost : (N,) float32 per nm, 0 on paths so far
    search : best (N,) float32, infinite; place (N,) int32, `UNSEEN`; both are left so;
        came (N,) uint8, the step that led to a voxel; heap, seen (V,) uint32

    Returns
    -------
    Voxel on a path, from which `came` leads back to the target.
    """
    best, place, came, heap, seen = search
    best[target] = 0
    place[target] = 0
    heap[0] = target
    size, count = ONE, ONE
    seen[0] = target
    found = U(target)
    while size > ZERO:
        voxel = U(heap[0])
        size -= ONE
        place[voxel] = DONE
        if size > ZERO:
            heap[0] = heap[size]
            sift_down(heap, best, place, size)
        if cost[voxel] == 0:
            found = voxel
            break
        here = best[voxel]
        for k in range(STEPS):
            other = voxel + steps[k]
            if inside[other] == 0 or place[other] == DONE:
                continue
            there = here + cost[other] * lengths[k]
            if there < best[other]:
                best[other] = there
                came[other] = k
                if place[other] == UNSEEN:
                    seen[count] = other
                    count += ONE
                    heap[size] = other
                    place[other] = size
                    size += ONE
                sift_up(heap, best, place, U(place[other]))
    for i in range(count):
        best[seen[i]] = FAR
        place[seen[i]] = UNSEEN
    return found


@njit(cache=True, nogil=True)
def clear_balls(sources, radii, count, steps, moves, sizes, valid, queue):
    """Drop voxels around a path: those that a ball reaches without leaving the object.

    Parameters
    ----------
    sources, radii : (V,) uint32, float32 in nm; the first ``count`` are used
    moves : (26, 3) int16, z, y, x of each step
    sizes : (3,) float32, nm of a voxel
    valid : (N,) uint8, 1 where the object is yet to be reached; changed
    queue : voxel (V,) uint32, source (V,) uint32, away (V, 3) int16

    Returns
    -------
    Number of voxels dropped.
    """
    voxels, origin, away = queue
    tail = ZERO
    for i in range(count):
        if valid[sources[i]] == 1:
            valid[sources[i]] = 0
            voxels[tail], origin[tail] = sources[i], i
            away[tail, 0], away[tail, 1], away[tail, 2] = 0, 0, 0
            tail += ONE
    head = ZERO
    while head < tail:
        voxel, source = U(voxels[head]), origin[head]
        z, y, x = away[head, 0], away[head, 1], away[head, 2]
        head += ONE
        limit = radii[source] * radii[source]
        for k in range(STEPS):
            other = voxel + steps[k]
            if valid[other] == 0:
                continue
            dz, dy, dx = z + moves[k, 0], y + moves[k, 1], x + moves[k, 2]
            a, b, c = dz * sizes[0], dy * sizes[1], dx * sizes[2]
            if a * a + b * b + c * c < limit:
                valid[other] = 0
                voxels[tail], origin[tail] = other, source
                away[tail, 0], away[tail, 1], away[tail, 2] = dz, dy, dx
                tail += ONE
    return tail


@njit(cache=True, nogil=True)
def trace_paths(starts, fields, sizes, rules, buffers):
    """Trace paths from the targets to the root, then from the voxels furthest from it.

    Parameters
    ----------
    starts : (T,) uint32, voxels that paths must reach, the root first
    fields : inside (N,) uint8; depth (N,) float32, nm to the surface; cost (N,)
        float32; order (V,) uint32, voxels, those nearest to the root first
    sizes : (3,) float32, nm of a voxel
    rules : scale, const (nm) of the balls that a path clears; most paths that are
        traced beside those to ``starts``
    buffers : steps, moves, lengths, search, queue, as above

    Returns
    -------
    nodes, parents : (M,) uint32; a node's parent is the next voxel towards the root,
        and `NONE` for the root
    """
    inside, depth, cost, order = fields
    steps, moves, lengths, search, queue = buffers
    scale, const, most = rules
    came = search[2]
    size = order.size
    nodes, parents = np.empty(size, np.uint32), np.empty(size, np.uint32)
    path, radii = np.empty(size, np.uint32), np.empty(size, np.float32)
    valid = inside.copy()
    root = U(starts[0])
    nodes[0], parents[0] = root, NONE
    count = ONE
    cost[root] = 0
    valid[root] = 0
    left = U(size) - ONE
    turn, last, further = 1, U(size), np.int64(0)
    while turn < starts.size or (left > ZERO and further < most):
        if turn < starts.size:
            target = U(starts[turn])
            turn += 1
        else:
            while valid[order[last - ONE]] == 0:
                last -= ONE
            target = U(order[last - ONE])
            further += 1
        if cost[target] == 0:
            continue
        voxel = find_rail(target, cost, inside, steps, lengths, search)
        # Back from the rail to the target.
        parent, number = voxel, 0
        while voxel != target:
            voxel = voxel - steps[came[voxel]]
            nodes[count], parents[count] = voxel, parent
            count += ONE
            cost[voxel] = 0
            path[number], radii[number] = voxel, scale * depth[voxel] + const
            number += 1
            parent = voxel
        cleared = clear_balls(path, radii, number, steps, moves, sizes, valid, queue)
        left -= cleared
    return nodes[:count], parents[:count]
