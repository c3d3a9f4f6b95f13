"""Make one of what two tiles have traced of the same neurite along their border."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from neuropil.skeletons.graphs import Graph

BATCH = 10_000  # nodes whose balls are looked into at a time
SHALLOW = 0.25  # share of its own depth by which a node may lie outside of such a ball


def absorb_doubles(
    graph: Graph, pieces: csr_array, sizes: Sequence[float]
) -> tuple[Graph, np.ndarray]:
    """Let a node in the ball of a deeper one of another piece become that one.

    The ball around a node that fits into the cell holds nothing but the cell, so what
    lies in it, or just outside of it, is the same neurite. Where a neurite runs along a
    plane that tiles share, each has traced it on its side; what is deeper inside is
    kept of both, bit by bit.
    Of several such nodes the nearest is taken, then the deepest, then the first.

    Parameters
    ----------
    graph : of a cell; may have cycles
    pieces : (N, P), 1 for the pieces that a node is of
    sizes : of a voxel of the lattice, in nm

    Returns
    -------
    graph, without the nodes that became others; may have more cycles; thin (M,) of its
    edges: the smallest distance from the surface at one, in nm
    """
    order = np.lexsort((np.arange(len(graph.radius_nm)), -graph.radius_nm))
    rank = np.argsort(order)
    # The next voxel outside lies half a voxel beyond the surface.
    depth = graph.radius_nm + min(sizes) / 2
    held, by = find_held(graph.place_nm, depth, pieces, rank)
    became = np.arange(len(rank))
    # From the deepest node on, so that it is known of each ball whether its node stays.
    away = np.linalg.norm(graph.place_nm[held] - graph.place_nm[by], axis=1)
    turn = np.lexsort((rank[by], away, rank[held]))
    for node, other in zip(held[turn].tolist(), by[turn].tolist()):
        if became[node] == node and became[other] == other:
            became[node] = other
    return contract(graph, became)


def find_held(
    place_nm: np.ndarray, depth_nm: np.ndarray, pieces: csr_array, rank: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (H,) in balls of others, and these (H,): of lower rank, another piece."""
    tree = cKDTree(place_nm)
    found = [np.empty((2, 0), np.int64)]
    for first in range(0, len(rank), BATCH):
        by = np.arange(first, min(first + BATCH, len(rank)))
        near = tree.query_ball_point(place_nm[by], (1 + SHALLOW) * depth_nm[by])
        by = np.repeat(by, [len(nodes) for nodes in near])
        held = np.concatenate([*near]).astype(np.int64)
        shallow = rank[held] > rank[by]
        held, by = held[shallow], by[shallow]
        away = np.linalg.norm(place_nm[held] - place_nm[by], axis=1)
        near = away < depth_nm[by] + SHALLOW * depth_nm[held]
        held, by = held[near], by[near]
        apart = pieces[held].multiply(pieces[by]).sum(axis=1) == 0
        found.append(np.stack([held[apart], by[apart]]))
    return tuple(np.concatenate(found, axis=1))


def contract(graph: Graph, became: np.ndarray) -> tuple[Graph, np.ndarray]:
    """Let nodes become others, with their edges; say how thin each edge (M,) was."""
    ends = became[graph.edges]
    thin = np.minimum(graph.radius_nm[graph.edges], graph.radius_nm[ends]).min(axis=1)
    ends = np.sort(ends, axis=1)
    order = np.lexsort((-thin, *ends.T[::-1]))
    ends, thin = ends[order], thin[order]
    first = ends[:, 0] != ends[:, 1]
    first[1:] &= (ends[1:] != ends[:-1]).any(axis=1)
    stays = became == np.arange(len(became))
    kept = graph._replace(edges=ends[first]).keep(stays)
    return kept, thin[first]
