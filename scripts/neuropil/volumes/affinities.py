"""Affinities: how surely a voxel and its neighbour along z, y and x are one cell.

They belong to faces between voxels. What a watershed floods has a value in each voxel,
and edges between supervoxels want that of each face: both are made here as blocks are
read, so that neither is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from neuropil.grid import Box
from neuropil.volumes.base import Volume

SAME = 255  # an affinity of 1


class Faces(NamedTuple):
    """Faces between voxels, and how surely each of them parts two cells.

    Attributes
    ----------
    volumes : uint8 affinities along z, y, x, on the dataset's grid; that of a voxel is
        of the face to its neighbour at -1
    """

    volumes: Sequence[Volume]

    def read(self, box: Box) -> np.ndarray:
        """255 - affinity, (3, Z, Y, X) uint8: of the face below each voxel of a box."""
        out = np.empty((3, *box.shape), np.uint8)
        for volume, values in zip(self.volumes, out):
            np.subtract(SAME, volume.read(box), out=values)
        return out


def point_back(volume: Volume, axis: int) -> Volume:
    """Let a voxel have the affinity to its neighbour at -1, not to that at +1."""
    step = np.eye(3, dtype=int)[axis]
    back, forth = (tuple(int(v) for v in sign * step) for sign in (-1, 1))
    return replace(
        volume,
        box=volume.box.shift(forth),
        load=lambda box: volume.read(box.shift(back)),
    )


def find_boundaries(faces: Faces, axes: str) -> Volume:
    """Map of boundaries between cells: the mean of 255 - affinity of a voxel's faces.

    The least affinity instead makes several times as many supervoxels, and worse cells.

    Parameters
    ----------
    axes : faces along these count, ``zyx``, or ``yx`` for sections by themselves

    Returns
    -------
    Volume of uint8, 255 where a voxel and its neighbours are surely not one cell. Faces
    that lead out of the dataset's box do not count.
    """
    used = [("zyx".index(a), faces.volumes["zyx".index(a)]) for a in axes]

    def load(box: Box) -> np.ndarray:
        total, count = np.zeros(box.shape, np.uint16), np.zeros(box.shape, np.uint8)
        for axis, volume in used:
            add_faces(total, count, volume, box, axis)
        np.maximum(count, 1, out=count)
        total += total + count  # rounds the mean
        count += count
        return SAME - (total // count).astype(np.uint8)

    return replace(used[0][1], load=load)


def add_faces(
    total: np.ndarray, count: np.ndarray, volume: Volume, box: Box, axis: int
) -> None:
    """Add the affinities of both faces of voxels along an axis, and count these.

    Parameters
    ----------
    total, count : (Z, Y, X) uint16 and uint8 of the voxels of the box
    """
    stop = tuple(n + (k == axis) for k, n in enumerate(box.stop))
    values = np.moveaxis(volume.read(Box(box.start, stop)), axis, 0)
    total, count = (np.moveaxis(out, axis, 0) for out in (total, count))
    first = int(box.start[axis] == volume.box.start[axis])
    last = len(total) - int(box.stop[axis] == volume.box.stop[axis])
    total[first:] += values[first:-1]
    count[first:] += 1
    total[:last] += values[1 : last + 1]
    count[:last] += 1
