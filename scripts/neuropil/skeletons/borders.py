"""Voxels on the faces of a tile where skeletons cross.

Neighbouring tiles share a plane. Of each connected part of a cell's section there both
choose the same voxel, as central as possible, so that their skeletons meet in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import cc3d
import edt
import numpy as np


def find_targets(
    labels: np.ndarray, inner: tuple[slice, ...], sizes: Sequence[float]
) -> np.ndarray:
    """Find the voxels where skeletons are to meet the six faces of a box.

    Parameters
    ----------
    labels : (Z, Y, X), 0 is background; the box and what is around it
    inner : index of the box
    sizes : of a voxel (z, y, x), in nm

    Returns
    -------
    (T, 3) int64 distinct voxels of the box, those in the widest sections first
    """
    places, widths = [np.empty((0, 3), np.int64)], [np.empty(0, np.float32)]
    for axis, ends in enumerate(inner):
        others = [a for a in range(3) if a != axis]
        across, part = [sizes[a] for a in others], tuple(inner[a] for a in others)
        for at in sorted({ends.start, ends.stop - 1}):
            plane = np.ascontiguousarray(np.take(labels, at, axis))
            found, width = find_middles(plane, part, across)
            places.append(np.insert(found, axis, at - ends.start, axis=1))
            widths.append(width)
    places, widths = np.concatenate(places), np.concatenate(widths)
    order = np.lexsort((*places.T[::-1], -widths))
    places = places[order]
    _, first = np.unique(places, axis=0, return_index=True)
    return places[np.sort(first)]


def find_middles(
    plane: np.ndarray, inner: tuple[slice, ...], sizes: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Find the voxel furthest inside of each connected part of labels in a rectangle.

    Labels are taken to go on beyond the ends of the plane. Of several voxels, the one
    nearest to the middle of the part, then the first.

    Parameters
    ----------
    plane : (M, N), 0 is background; the rectangle and what is around it
    inner : index of the rectangle
    sizes : of a voxel, in nm

    Returns
    -------
    voxels (N, 2) int64 of the rectangle; distance (N,) float32 in nm from the rim
    """
    depth = edt.edt(plane, anisotropy=tuple(map(float, sizes)))[inner]
    plane = np.ascontiguousarray(plane[inner])
    parts = cc3d.connected_components(plane, connectivity=8)
    place = np.argwhere(parts)
    part, depth = parts[tuple(place.T)], depth[tuple(place.T)]
    count = np.bincount(part)
    middle = [np.bincount(part, v) / np.maximum(count, 1) for v in place.T]
    away = sum(
        ((v - m[part]) * size) ** 2 for v, m, size in zip(place.T, middle, sizes)
    )
    order = np.lexsort((*place.T[::-1], away, -depth, part))
    _, first = np.unique(part[order], return_index=True)
    chosen = order[first]
    return place[chosen], depth[chosen]
