"""Skeleton of one connected object by TEASAR (Sato et al. 2000), as kimimaro does it.

What differs from kimimaro 5.8 (Silversmith et al.), on purpose: a step costs its
length, not one per voxel; the balls that a path clears spread voxel by voxel without a
queue ordered by distance, which takes most of kimimaro's time; every target on a border
is reached, also in objects with more targets than `max_paths`; paths in a soma become
straight when cells are put together (`somata.py`), since tiles cut somata.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from neuropil.kernels.teasar import trace_paths
from neuropil.skeletons.frame import Frame
from neuropil.skeletons.rings import add_rings


class Crop(NamedTuple):
    """An object in its bounding box.

    Attributes
    ----------
    mask : (Z, Y, X) bool
    depth : (Z, Y, X) float32, nm from a voxel of the object to the nearest one outside
    targets : (T, 3) int64, voxels that the skeleton must reach, the main one first
    """

    mask: np.ndarray
    depth: np.ndarray
    targets: np.ndarray


class Paths(NamedTuple):
    """Skeleton of an object: a tree of voxels.

    Attributes
    ----------
    places : (N, 3) int64, voxels of the crop (z, y, x)
    parents : (N,) int32, row of the next node towards the root, -1 for the root
    radius_nm : (N,) float32, distance from the surface
    """

    places: np.ndarray
    parents: np.ndarray
    radius_nm: np.ndarray


def trace_object(crop: Crop, voxel_size_nm: Sequence[float], rules: Mapping) -> Paths:
    """Trace the skeleton of an object.

    Parameters
    ----------
    crop : the object, connected (26 neighbours)
    voxel_size_nm : (z, y, x) of the crop's voxels
    rules : config's section `skeletons: teasar`
    """
    sizes = np.asarray(voxel_size_nm, np.float32)
    inside = np.pad(crop.mask, 1).astype(np.uint8)
    depth = np.pad(np.where(crop.mask, crop.depth, np.float32(0)), 1)
    frame = Frame.of(inside, sizes)
    starts = np.ravel_multi_index((crop.targets + 1).T, inside.shape).astype(np.uint32)
    if depth.max() > rules["soma_acceptance_nm"]:
        starts = np.append(np.argmax(depth).astype(np.uint32), starts)
    elif not len(starts):
        starts = find_end(frame)
    order, distance = frame.spread(starts[:1])
    # The far end always, even if it is near to the border: half of it lies beyond.
    starts = np.insert(starts, 1, order[-1])
    cost = path_cost(depth.ravel(), distance, order, rules)
    further = rules["max_paths"] or frame.count
    limits = (*map(np.float32, (rules["scale"], rules["const_nm"])), np.int64(further))
    fields = (frame.inside, depth.ravel(), cost, order)
    nodes, parents = trace_paths(starts, fields, sizes, limits, frame.buffers)
    tree = nodes, name_rows(nodes, parents)
    if rules["ring_nm"]:
        tree = add_rings(tree, frame, depth, rules["ring_nm"])
    return as_paths(*tree, depth, sizes)


def find_end(frame: Frame) -> np.ndarray:
    """Voxel (1,) at an end of an object: the one furthest from its first voxel."""
    order, _ = frame.spread(np.array([np.argmax(frame.inside)], np.uint32))
    return order[-1:]


def path_cost(
    depth: np.ndarray, distance: np.ndarray, order: np.ndarray, rules: Mapping
) -> np.ndarray:
    """Cost of voxels per nm of path: low where it is deep, a little lower at the root.

    Section 4.5 of Sato et al. 2000, with the exponent and factor of the config.
    """
    deepest = depth.max()
    furthest = distance[order[-1]] or np.float32(1)
    cost = np.zeros(depth.size, np.float32)
    shallow = 1 - depth[order] / deepest**1.01
    cost[order] = (
        rules["pdrf_scale"] * shallow ** rules["pdrf_exponent"]
        + distance[order] / furthest
    )
    return cost


def name_rows(nodes: np.ndarray, parents: np.ndarray) -> np.ndarray:
    """Rows (M,) int32 of the parents of nodes, -1 for that of the first, the root."""
    rows = np.searchsorted(nodes, parents[1:], sorter=(by := np.argsort(nodes)))
    return np.append(-1, by[rows]).astype(np.int32)


def as_paths(
    nodes: np.ndarray, above: np.ndarray, depth: np.ndarray, sizes: np.ndarray
) -> Paths:
    """Put nodes in space. The surface lies half a voxel before the voxel outside."""
    radius = depth.ravel()[nodes] - sizes.min() / 2
    places = np.stack(np.unravel_index(nodes, depth.shape), axis=1) - 1
    return Paths(places, above, radius.astype(np.float32))
