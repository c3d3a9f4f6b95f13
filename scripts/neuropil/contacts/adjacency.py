"""Which labels of two neighbouring boxes touch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neuropil.grid import Box
from neuropil.kernels.sites import touching_across


class Rim(NamedTuple):
    """Labelled voxels on the faces of a box.

    Attributes
    ----------
    box : Box
    place : (N, 3) int64, coordinates z, y, x; quickest if each of them is contiguous
    label : (N,) uint32
    """

    box: Box
    place: np.ndarray
    label: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray, box: Box) -> Rim:
        """Take the voxels on the faces of a labelled box."""
        places = [np.empty((0, 3), np.int64)]
        for axis, size in enumerate(labels.shape):
            for side in {0, size - 1}:
                # The faces across earlier axes have had the common edges.
                low = [int(a < axis) for a in range(3)]
                high = [n - int(a < axis) for a, n in enumerate(labels.shape)]
                low[axis], high[axis] = side, side + 1
                part = Box(tuple(low), tuple(high))
                places.append(np.argwhere(labels[part.slices]) + low)
        place = np.asfortranarray(np.concatenate(places))
        return cls(box, place + box.start, labels[tuple(place.T)])

    def inside(self, box: Box) -> Rim:
        """Take the voxels in a box."""
        keep = np.ones(len(self.label), bool)
        for column, start, stop in zip(self.place.T, box.start, box.stop):
            keep &= (column >= start) & (column < stop)
        return Rim(self.box, self.place[keep], self.label[keep])

    def on_faces(self, core: Box, volume: Box) -> Rim:
        """Take the voxels on the faces of a chunk beyond which the volume goes on."""
        core_stop, volume_stop = np.array(core.stop), np.array(volume.stop)
        starts = (self.place == core.start) & (np.array(core.start) > volume.start)
        stops = (self.place == core_stop - 1) & (core_stop < volume_stop)
        keep = (starts | stops).any(axis=1)
        return Rim(self.box, self.place[keep], self.label[keep])

    def draw(self, box: Box) -> np.ndarray:
        """Labels in a box, 0 elsewhere."""
        part = self.inside(box)
        out = np.zeros(box.shape, np.uint32)
        out[tuple((part.place - box.start).T)] = part.label
        return out


def find_links(one: Rim, other: Rim) -> np.ndarray:
    """Pairs of labels (one's, the other's) that touch by a face, an edge or a corner.

    Returns
    -------
    (N, 2) array of uint32, distinct
    """
    near = one.box.grow(1).intersect(other.box.grow(1))
    if not near.size:
        return np.empty((0, 2), np.uint32)
    return touching_across(one.draw(near), other.draw(near))
