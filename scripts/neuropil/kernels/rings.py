"""Where the two ends of parts of an object meet that a tree of paths keeps apart.

Each voxel belongs to the node of the skeleton that is nearest through the object. Where
neighbours belong to nodes that are far apart along the tree, a wall runs through the
object. A wall between two branches begins where they part; a wall that nowhere comes
near to such a place cuts a ring. Voxels are named as in `teasar`.
"""

import numpy as np
from numba import njit

from neuropil.kernels.teasar import STEPS

U = np.uint64
ZERO, ONE = U(0), U(1)
FAR = np.float32(np.inf)


@njit(cache=True, nogil=True)
def share_out(order, distance, label, came, steps, lengths):
    """Give voxels the label of the source from which they were reached.

    Parameters
    ----------
    order : (V,) uint32, voxels, nearest to a source first
    distance : (N,) float32 from the nearest source; infinite outside of the object
    label : (N,) int32, set for sources; others are set
    came : (N,) uint8, gets the step that led to a voxel; not set for sources
    """
    for voxel in order:
        here = U(voxel)
        if distance[here] == 0:
            continue
        best, way = FAR, ZERO
        for k in range(STEPS):
            there = distance[here - steps[k]] + lengths[k]
            if there < best:
                best, way = there, k
        came[here] = way
        label[here] = label[here - steps[way]]


@njit(cache=True, nogil=True)
def measure_tree(parents, length):
    """Measure a tree whose parents come before their children.

    Parameters
    ----------
    parents : (M,) int32, of the root itself
    length : (M,) float32, nm from each node to its parent

    Returns
    -------
    branch (M,) int32, the same for nodes between one branch point and the next; to_root
    (M,) float32, nm to the root
    """
    children = np.zeros(len(parents), np.int32)
    for row in range(1, len(parents)):
        children[parents[row]] += 1
    branch = np.arange(len(parents)).astype(np.int32)
    to_root = np.zeros(len(parents), np.float32)
    for row in range(1, len(parents)):
        above = parents[row]
        to_root[row] = to_root[above] + length[row]
        if children[above] == 1:
            branch[row] = branch[above]
    return branch, to_root


@njit(cache=True, nogil=True)
def way_along(a, b, parents, to_root, limit):
    """Length of the way between two nodes of a tree, at least ``limit`` if longer."""
    way = np.float32(0)
    while a != b and way < limit:
        # The node with the longer way to the root is no ancestor of the other one;
        # parents come before their children, which decides between equals.
        if to_root[a] > to_root[b] or (to_root[a] == to_root[b] and a > b):
            way += to_root[a] - to_root[parents[a]]
            a = parents[a]
        else:
            way += to_root[b] - to_root[parents[b]]
            b = parents[b]
    return way


@njit(cache=True, nogil=True)
def find_walls(order, label, tree, steps, limits, gap):
    """Measure how far apart along the tree a voxel and its neighbours are.

    Parameters
    ----------
    order : (V,) uint32, the object's voxels
    label : (N,) int32, node of each voxel, -1 outside
    tree : parents, branch (M,) int32; to_root (M,) float32 in nm, of the nodes
    limits : ways shorter than the first are none; longer ones than the second are not
        told apart; nm, float32
    gap : (N,) float32, gets the shortest way, of those that are one, to the node of a
        neighbour; infinite where there is none
    """
    parents, branch, to_root = tree
    least, most = limits
    for voxel in order:
        here = U(voxel)
        one = label[here]
        for k in range(STEPS):
            other = label[here + steps[k]]
            if other < 0 or other == one:
                continue
            if branch[one] == branch[other]:
                way = abs(to_root[one] - to_root[other])
            else:
                way = way_along(one, other, parents, to_root, most)
            if way > least and way < gap[here]:
                gap[here] = min(way, most)


@njit(cache=True, nogil=True)
def find_rings(order, label, depth, gap, steps, tree, most, queue):
    """Find the widest passage through each wall that cuts a ring.

    Parameters
    ----------
    order, label, tree, steps : as above
    depth : (N,) float32, nm to the surface
    gap : (N,) float32, as `find_walls` leaves it; used up
    most : walls where all ways are at least so long cut a ring
    queue : (V,) uint32

    Returns
    -------
    (R, 2) uint32, neighbouring voxels on both sides, those first met first
    """
    parents, _, to_root = tree
    found = np.empty((16, 2), np.uint32)
    count = 0
    for voxel in order:
        if gap[voxel] == FAR:
            continue
        shortest = gap[voxel]
        gap[voxel] = FAR
        queue[0] = voxel
        head, tail = ZERO, ONE
        while head < tail:
            here = U(queue[head])
            head += ONE
            for k in range(STEPS):
                other = here + steps[k]
                if gap[other] != FAR:
                    shortest = min(shortest, gap[other])
                    gap[other] = FAR
                    queue[tail] = other
                    tail += ONE
        if shortest < most:
            continue
        widest = np.float32(-1)
        if count == len(found):
            found = np.concatenate((found, np.empty_like(found)))
        for i in range(tail):
            here = U(queue[i])
            for k in range(STEPS):
                other = here + steps[k]
                if label[other] < 0 or label[other] == label[here]:
                    continue
                width = min(depth[here], depth[other])
                if width <= widest:
                    continue
                if way_along(label[here], label[other], parents, to_root, most) < most:
                    continue
                widest = width
                found[count, 0], found[count, 1] = here, other
        count += 1
    return found[:count]
