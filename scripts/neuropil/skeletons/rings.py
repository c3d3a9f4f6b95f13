"""Follow the parts of an object that close a ring, which a tree of paths leaves out.

A spine whose head touches its own dendrite is reached by the wider of two ways; balls
around paths then clear the other one, which may be its neck.
"""

from __future__ import annotations

import numpy as np

from neuropil.kernels.rings import find_rings, find_walls, measure_tree, share_out
from neuropil.skeletons.frame import Frame

LEAST_STEPS = 4  # ways along the tree of so many longest steps are none


def add_rings(
    tree: tuple[np.ndarray, np.ndarray],
    frame: Frame,
    depth: np.ndarray,
    ring_nm: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Add what a tree leaves out of the rings of an object.

    Where the ends of a ring meet half-way between paths, a way leads from the widest
    place to the nearest node on either side.

    Parameters
    ----------
    tree : its voxels (M,) uint32; for each the row (M,) int32 of the next one towards
        the root, -1 for the root
    frame, depth : of the padded crop
    ring_nm : shortest way around along the tree

    Returns
    -------
    The tree, with further nodes. The voxel where two ways meet is a node of each.
    """
    steps, _, lengths, search, queue = frame.buffers
    nodes, above = tree
    order, distance = frame.spread(nodes)
    label = np.full(distance.size, -1, np.int32)
    label[nodes] = np.arange(len(nodes), dtype=np.int32)
    came = search[2]
    share_out(order, distance, label, came, steps, lengths)
    ways = describe_tree(nodes, above, frame)
    gap = np.full(distance.size, np.inf, np.float32)
    limits = (np.float32(LEAST_STEPS * lengths.max()), np.float32(ring_nm))
    find_walls(order, label, ways, steps, limits, gap)
    pairs = find_rings(
        order, label, depth.ravel(), gap, steps, ways, limits[1], queue[0]
    )
    further = follow(pairs, distance, label, came, steps, len(nodes))
    return tuple(np.concatenate(pair) for pair in zip(tree, further))


def describe_tree(
    nodes: np.ndarray, above: np.ndarray, frame: Frame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parents, branches (M,) int32 and ways to the root (M,) float32 of nodes."""
    place = np.stack(np.unravel_index(nodes, frame.shape), axis=1) * frame.sizes
    length = np.linalg.norm(place - place[above], axis=1)
    length[above < 0] = 0
    parents = np.maximum(above, 0).astype(np.int32)
    return parents, *measure_tree(parents, length.astype(np.float32))


def follow(
    pairs: np.ndarray,
    distance: np.ndarray,
    label: np.ndarray,
    came: np.ndarray,
    steps: np.ndarray,
    count: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Lead ways from pairs (R, 2) of voxels to the tree: nodes and rows above them."""
    nodes, above = [], []
    for one, other in pairs.tolist():
        for start in ([one], [one, other]):
            way = list(start)
            while distance[way[-1]] > 0:
                way.append(int(way[-1] - int(steps[came[way[-1]]].view(np.int64))))
            row = int(label[way.pop()])
            for voxel in reversed(way):
                nodes.append(voxel)
                above.append(row)
                row = count + len(nodes) - 1
    return np.array(nodes, np.uint32), np.array(above, np.int32)
