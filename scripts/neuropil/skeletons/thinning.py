"""Thin the nodes of skeletons out, and put trees into the order of files."""

from __future__ import annotations

import itertools

import numpy as np

from neuropil.skeletons.graphs import (
    Graph,
    find_branches,
    find_components,
    order_trees,
)
from neuropil.skeletons.store import Skeleton


def smooth_paths(graph: Graph, smooth_nm: float, soma: np.ndarray) -> Graph:
    """Move nodes to where their neighbours along the path are on average.

    Paths go from voxel to voxel and zigzag, which makes them too long. Ends and branch
    points stay, and no node moves further than its distance from the surface.

    Parameters
    ----------
    graph : trees
    smooth_nm : standard deviation of the weights along the path
    soma : (N,) bool, somata; they stay, and the nodes next to them
    """
    moving = graph.degree == 2
    moving[graph.edges[soma[graph.edges].any(axis=1)]] = False
    inner = np.flatnonzero(moving)
    if not len(inner) or not smooth_nm:
        return graph
    ends = np.concatenate([graph.edges, graph.edges[:, ::-1]])
    ends = ends[np.argsort(ends[:, 0], kind="stable")]
    start = np.searchsorted(ends[:, 0], inner)
    before, after = ends[start, 1], ends[start + 1, 1]
    spacing = np.median(graph.lengths_nm)
    # A turn adds half a squared spacing to the variance of the weights.
    turns = round(2 * (smooth_nm / spacing) ** 2)
    place = graph.place_nm.copy()
    for _ in range(turns):
        place[inner] = place[inner] / 2 + (place[before] + place[after]) / 4
    moved = place - graph.place_nm
    away = np.linalg.norm(moved, axis=1)
    limit = np.minimum(1, graph.radius_nm / np.maximum(away, 1e-9))
    return graph._replace(place_nm=graph.place_nm + moved * limit[:, None])


def thin_nodes(graph: Graph, spacing_nm: float, error_nm: float) -> Graph:
    """Keep ends, branch points, and nodes between them about so far from each other.

    Parameters
    ----------
    graph : trees
    spacing_nm : path from one node to the next along a branch, where it is straight
    error_nm : no node that is left out lies further from the edge in its place
    """
    kept = np.zeros(len(graph.place_nm), bool)
    edges = [np.empty((0, 2), np.int64)]
    for branch in find_branches(graph):
        chosen = choose_nodes(graph.place_nm[branch], spacing_nm, error_nm)
        nodes = branch[chosen]
        kept[nodes] = True
        edges.append(np.stack([nodes[:-1], nodes[1:]], axis=1))
    return graph._replace(edges=np.concatenate(edges)).keep(kept)


def choose_nodes(place: np.ndarray, spacing: float, error: float) -> np.ndarray:
    """Choose rows of a path (N, 3), the first and the last among them."""
    along = np.append(0, np.cumsum(np.linalg.norm(np.diff(place, axis=0), axis=1)))
    count = max(1, round(along[-1] / spacing))
    wanted = np.linspace(0, along[-1], count + 1)
    chosen = {0, len(place) - 1, *np.searchsorted(along, wanted[1:-1]).tolist()}
    todo = sorted(chosen)
    todo = list(itertools.pairwise(todo))
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        away = distance_from_line(place[first + 1 : last], place[first], place[last])
        furthest = int(np.argmax(away))
        if away[furthest] > error:
            middle = first + 1 + furthest
            chosen.add(middle)
            todo += [(first, middle), (middle, last)]
    return np.array(sorted(chosen))


def distance_from_line(
    places: np.ndarray, start: np.ndarray, stop: np.ndarray
) -> np.ndarray:
    """Distance (N,) of places (N, 3) from the straight line between two others."""
    line = stop - start
    square = line @ line
    share = np.clip((places - start) @ line / square, 0, 1) if square else 0
    return np.linalg.norm(places - start - np.multiply.outer(share, line), axis=-1)


def number_trees(graph: Graph) -> Skeleton:
    """Order trees as in files: the longest first, each from its thickest node on."""
    count = len(graph.place_nm)
    parts, part = find_components(count, graph.edges)
    cable = np.bincount(part[graph.edges[:, 0]], graph.lengths_nm, parts)
    _, first = np.unique(part, return_index=True)
    rank = np.empty(parts, np.int64)
    rank[np.lexsort((first, -cable))] = np.arange(parts)
    part = rank[part]
    thickest = np.lexsort((np.arange(count), -graph.radius_nm, part))
    _, at = np.unique(part[thickest], return_index=True)
    nodes, parent = order_trees(count, graph.edges, thickest[at])
    nodes = nodes[np.argsort(part[nodes], kind="stable")]
    row = np.empty(count, np.int64)
    row[nodes] = np.arange(count)
    above = parent[nodes]
    below = np.flatnonzero(above >= 0)
    return Skeleton(
        graph.place_nm[nodes].astype(np.float32),
        np.stack([row[above[below]], below], axis=1).astype(np.uint32),
        graph.radius_nm[nodes].astype(np.float32),
        part[nodes].astype(np.uint32),
    )
