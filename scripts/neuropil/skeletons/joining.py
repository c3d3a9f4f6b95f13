"""Put the pieces of a cell's skeleton together: at shared nodes, then across gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array, csgraph, csr_array
from scipy.spatial import cKDTree

from neuropil.skeletons.chunks import Pieces
from neuropil.skeletons.graphs import Graph, find_components


def unite_pieces(
    pieces: Pieces, voxel_size_nm: Sequence[float]
) -> tuple[Graph, np.ndarray, csr_array]:
    """Make one graph of the pieces of a cell: nodes of the same voxel are one.

    Nodes are numbered by their voxels, z, y, x, and have the smallest radius found.

    Returns
    -------
    graph, which may have cycles; voxel_count (N,) float64, voxels of the lattice that
    belong to the pieces of which a node is the root; which pieces (N, P) a node is of
    """
    place, node = np.unique(pieces.place_vx, axis=0, return_inverse=True)
    node = node.ravel()
    radius = np.full(len(place), np.inf)
    np.minimum.at(radius, node, pieces.radius_nm)
    first = np.append(0, np.cumsum(pieces.node_count))[:-1]
    above = pieces.parent + np.repeat(first, pieces.node_count)
    below = pieces.parent >= 0
    edges = np.stack([node[below], node[above[below]]], axis=1)
    edges = np.unique(np.sort(edges[edges[:, 0] != edges[:, 1]], axis=1), axis=0)
    weight = np.bincount(node[first], pieces.voxel_count, len(place))
    of = np.repeat(np.arange(len(first)), pieces.node_count)
    held = csr_array((np.ones(len(node), np.int8), (node, of)))
    return Graph((place + 0.5) * voxel_size_nm, radius, edges), weight, held


def find_dust(graph: Graph, weight: np.ndarray, least: float) -> np.ndarray:
    """Say which nodes (N,) are of parts of less than some voxels (weight of nodes)."""
    _, part = find_components(len(graph.place_nm), graph.edges)
    return (np.bincount(part, weight) < least)[part]


def break_cycles(graph: Graph, thin: np.ndarray) -> tuple[Graph, np.ndarray]:
    """Keep the edges of a spanning forest: cycles open where they are thinnest.

    Equally thin edges: the longest one goes, then the last.

    Parameters
    ----------
    graph : may have cycles
    thin : (M,) how thin the cell is at each edge

    Returns
    -------
    The forest; which nodes (N,) bool have lost an edge
    """
    count = len(graph.place_nm)
    opened = np.zeros(count, bool)
    parts, _ = find_components(count, graph.edges)
    if len(graph.edges) == count - parts:
        return graph, opened
    order = np.lexsort((graph.lengths_nm, -thin))
    edges = graph.edges[order]
    rank = np.arange(1.0, len(edges) + 1)
    matrix = coo_array((rank, tuple(edges.T)), shape=(count, count))
    kept = csgraph.minimum_spanning_tree(matrix.tocsr()).data.astype(np.int64) - 1
    opened[np.delete(edges, kept, axis=0)] = True
    return graph._replace(edges=edges[np.sort(kept)]), opened


def join_parts(graph: Graph, join_nm: float) -> Graph:
    """Join trees that are still apart where an end of one is near to another.

    The shortest links are made first (Kruskal), each from an end to any node of another
    tree, none longer than ``join_nm``. Equal links: that of the smaller nodes.
    """
    count, part = find_components(len(graph.place_nm), graph.edges)
    if count < 2:
        return graph
    links = find_links(graph, part, join_nm)
    parent = np.arange(count)
    made = []
    for a, b in links.tolist():
        one, two = (find_root(parent, part[node]) for node in (a, b))
        if one != two:
            parent[max(one, two)] = min(one, two)
            made.append((a, b))
    made = np.array(made, np.int64).reshape(-1, 2)
    return graph._replace(edges=np.concatenate([graph.edges, made]))


def find_root(parent: np.ndarray, item: int) -> int:
    """Smallest member of the set of an item."""
    while parent[item] != item:
        parent[item] = parent[parent[item]]
        item = parent[item]
    return int(item)


def find_links(graph: Graph, part: np.ndarray, join_nm: float) -> np.ndarray:
    """Pairs (L, 2) of an end and a node of another tree, nearest first."""
    ends = np.flatnonzero(graph.degree <= 1)
    near = cKDTree(graph.place_nm).query_ball_point(graph.place_nm[ends], join_nm)
    ends = np.repeat(ends, [len(nodes) for nodes in near])
    nodes = np.concatenate([np.empty(0, np.int64), *near]).astype(np.int64)
    pairs = np.stack([ends, nodes], axis=1)[part[ends] != part[nodes]]
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    away = graph.place_nm[pairs[:, 0]] - graph.place_nm[pairs[:, 1]]
    return pairs[np.argsort(np.linalg.norm(away, axis=1), kind="stable")]
