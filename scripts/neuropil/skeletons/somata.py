"""Make one node of each soma of a cell, from which neurites leave in straight lines.

Tiles cut somata, and each traces its share. Where a cell is deep, measured from the
surface that all tiles have seen, the middle of the largest ball that fits into the cell
is the middle of a soma. As in kimimaro (Silversmith et al.), what lies in a larger ball
around it becomes that node; here just what hangs together with the soma in this ball,
so that a neurite that passes by stays.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from neuropil.skeletons.doubles import contract
from neuropil.skeletons.graphs import Graph, find_components

CORNERS = np.array([*itertools.product((-0.5, 0.5), repeat=3)])
RISE_NM = 20.0  # what is not deeper by more is no deeper


class Soma(NamedTuple):
    """A soma.

    Attributes
    ----------
    middle_nm : (3,), z, y, x
    radius_nm : of the largest ball around it that fits into the cell
    members : nodes (M,) that become the soma, the deepest first
    """

    middle_nm: np.ndarray
    radius_nm: float
    members: np.ndarray


def unite_somata(
    graph: Graph,
    pieces: csr_array,
    surface_nm: np.ndarray,
    sizes: Sequence[float],
    rules: Mapping,
) -> tuple[Graph, csr_array]:
    """Let the nodes of each soma become one node in its middle.

    Parameters
    ----------
    graph : of a cell; may have cycles
    pieces : (N, P), 1 for the pieces that a node is of
    surface_nm : (S, 3) places just outside of the cell where it is thick, in any order
    sizes : of a voxel of the lattice, in nm
    rules : config's section `skeletons: teasar`

    Returns
    -------
    graph and pieces, without the nodes that became others; no radius is larger than the
    distance from the surface
    """
    if not len(surface_nm):
        return graph, pieces
    surface = cKDTree(np.unique(surface_nm, axis=0))
    # The next voxel outside lies half a voxel beyond the surface.
    depth = surface.query(graph.place_nm)[0] - min(sizes) / 2
    graph = graph._replace(radius_nm=np.minimum(graph.radius_nm, depth))
    somata = find_somata(graph, surface, min(sizes) / 2, rules)
    if not somata:
        return graph, pieces
    place, radius = graph.place_nm.copy(), graph.radius_nm.copy()
    became = np.arange(len(radius))
    for soma in somata:
        first = soma.members[0]
        became[soma.members] = first
        place[first], radius[first] = soma.middle_nm, soma.radius_nm
    graph, _ = contract(Graph(place, radius, graph.edges), became)
    which = csr_array((np.ones(len(became)), (became, np.arange(len(became)))))
    joined = (which @ pieces)[np.unique(became)]
    return graph, joined.astype(bool).astype(np.int8)


def find_somata(
    graph: Graph, surface: cKDTree, beyond: float, rules: Mapping
) -> list[Soma]:
    """Find the somata of a cell, the deepest first; no node is of two.

    Parameters
    ----------
    graph, rules : as above
    surface : places outside of the cell
    beyond : how far outside they lie, in nm
    """
    count, limit = len(graph.radius_nm), rules["soma_acceptance_nm"]
    order = np.lexsort((np.arange(count), -graph.radius_nm))
    todo, free = graph.radius_nm > limit, np.ones(count, bool)
    somata: list[Soma] = []
    for node in order[: np.count_nonzero(todo)].tolist():
        if not todo[node]:
            continue
        middle, radius = find_middle(graph, node, surface)
        # Places near by would lead to the same middle.
        todo[distances(graph, graph.place_nm[node]) < graph.radius_nm[node]] = False
        if any(np.linalg.norm(middle - s.middle_nm) < s.radius_nm for s in somata):
            continue
        radius -= beyond
        members = find_members(graph, free, middle, radius, rules)
        free[members] = todo[members] = False
        members = order[np.isin(order, members)]
        if len(members):
            somata.append(Soma(middle, radius, members))
    return somata


def find_middle(graph: Graph, node: int, surface: cKDTree) -> tuple[np.ndarray, float]:
    """Find the deepest place (3,) that one comes to by going deeper from a node.

    Steps are made within the largest ball that fits into the cell, and none out of the
    box of all nodes, beyond which nothing may be known. Returns the place's depth, too.
    """
    box = graph.place_nm.min(axis=0), graph.place_nm.max(axis=0)
    place, before = graph.place_nm[node], -np.inf
    depth = float(surface.query(place)[0])
    while depth > before + RISE_NM:
        before = depth
        place, depth = find_deepest(place, depth, surface, box)
    return place, depth


def find_deepest(
    place: np.ndarray, depth: float, surface: cKDTree, box: tuple
) -> tuple[np.ndarray, float]:
    """Find the deepest place in the cube that fits into the ball around a place.

    No place is deeper than another by more than their distance: of ever smaller cubes,
    just those are looked into in which there may be a deeper one.
    """
    half = depth / np.sqrt(3)
    cubes = place[None]
    while half > RISE_NM and len(cubes):
        half /= 2
        cubes = (cubes[:, None] + 2 * half * CORNERS).reshape(-1, 3)
        inside = np.clip(cubes, *box)
        near = (np.abs(inside - cubes) <= half).all(axis=1)
        cubes, inside = cubes[near], inside[near]
        depths, _ = surface.query(inside)
        if depths.max(initial=0) > depth:
            best = int(np.argmax(depths))
            place, depth = inside[best], float(depths[best])
        cubes = cubes[depths + np.sqrt(3) * half > depth + RISE_NM]
    return place, depth


def find_members(
    graph: Graph, free: np.ndarray, middle: np.ndarray, radius: float, rules: Mapping
) -> np.ndarray:
    """Find the nodes (M,) of a soma, among those that are free (N,) bool."""
    reach = rules["soma_invalidation_scale"] * radius
    away = distances(graph, middle)
    near = free & (away <= reach + rules["soma_invalidation_const_nm"])
    nodes = np.flatnonzero(near)
    _, part = find_components(len(nodes), graph.keep(near).edges)
    return nodes[np.isin(part, part[away[nodes] < radius])]


def distances(graph: Graph, place: np.ndarray) -> np.ndarray:
    """Distance (N,) of all nodes from a place, in nm."""
    return np.linalg.norm(graph.place_nm - place, axis=1)


def is_soma(graph: Graph, rules: Mapping) -> np.ndarray:
    """Say which nodes (N,) are somata, after `unite_somata`."""
    return graph.radius_nm > rules["soma_acceptance_nm"]
