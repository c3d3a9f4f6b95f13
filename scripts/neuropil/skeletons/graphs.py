"""Graphs of skeletons: nodes in space, and the branches of trees."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csgraph, csr_array

from neuropil.skeletons.store import Skeleton


class Graph(NamedTuple):
    """Nodes and edges.

    Attributes
    ----------
    place_nm : (N, 3) float64, z, y, x
    radius_nm : (N,) float64
    edges : (M, 2) int64, each once, no node with itself
    """

    place_nm: np.ndarray
    radius_nm: np.ndarray
    edges: np.ndarray

    @property
    def lengths_nm(self) -> np.ndarray:
        """Length (M,) of the edges."""
        ends = self.place_nm[self.edges]
        return np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)

    @property
    def degree(self) -> np.ndarray:
        """Edges (N,) of each node."""
        return np.bincount(self.edges.ravel(), minlength=len(self.place_nm))

    def keep(self, kept: np.ndarray) -> Graph:
        """Keep some nodes (N,) bool, and the edges between them."""
        number = np.cumsum(kept) - 1
        edges = self.edges[kept[self.edges].all(axis=1)]
        return Graph(self.place_nm[kept], self.radius_nm[kept], number[edges])


def cable_graph(skeleton: Skeleton) -> csr_array:
    """Lengths (N, N) of the edges of a skeleton, in nm, for distances along its cable.

    Nodes at the same place are neighbours, too: an edge of no length would be none.
    """
    count, ends = len(skeleton.vertices_nm), skeleton.edges.astype(np.int64).T
    lengths = np.maximum(skeleton.edge_lengths_nm, 1e-3)
    return csr_array((lengths, tuple(ends)), (count, count))


def find_components(count: int, edges: np.ndarray) -> tuple[int, np.ndarray]:
    """Count connected parts, and say which part each node (count,) is in."""
    weights = np.ones(len(edges), np.int8)
    matrix = coo_array((weights, tuple(edges.T)), shape=(count, count))
    return csgraph.connected_components(matrix, directed=False)


def order_trees(
    count: int, edges: np.ndarray, roots: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Walk trees from their roots.

    Parameters
    ----------
    count : number of nodes
    edges : (M, 2), trees
    roots : one node of each tree

    Returns
    -------
    nodes (count,), each after its parent; parent (count,) of each node, -1 for roots
    """
    above = np.stack([np.full(len(roots), count), roots], axis=1)
    edges = np.concatenate([edges, above])
    weights = np.ones(len(edges), np.int8)
    matrix = coo_array((weights, tuple(edges.T)), shape=(count + 1, count + 1))
    order, parent = csgraph.depth_first_order(matrix.tocsr(), count, directed=False)
    parent = parent[:count].astype(np.int64)
    return order[1:].astype(np.int64), np.where(parent == count, -1, parent)


def find_branches(graph: Graph) -> list[np.ndarray]:
    """Cut trees at their branch points and ends.

    Returns
    -------
    Branches, each its nodes in order, from one end or branch point to the next; a node
    without edges is a branch of its own
    """
    count, degree = len(graph.place_nm), graph.degree
    critical = degree != 2
    _, part = find_components(count, graph.edges)
    ends = np.flatnonzero(critical)
    _, first = np.unique(part[ends], return_index=True)
    roots = ends[first]
    _, parent = order_trees(count, graph.edges, roots)
    stops, above = critical.tolist(), parent.tolist()
    branches = [np.array([node]) for node in roots if degree[node] == 0]
    for node in np.setdiff1d(ends, roots, assume_unique=True).tolist():
        branch = [node, above[node]]
        while not stops[branch[-1]]:
            branch.append(above[branch[-1]])
        branches.append(np.array(branch))
    return branches
