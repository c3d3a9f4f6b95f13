"""How well the borders of cells agree with those of true cells: boundary F1.

A voxel of a cell is at its border if one of its six neighbours, inside of the volume,
is of something else: another cell, or none. A border voxel of the segmentation is right
if a true border voxel is at most a tolerance away, and a true one is found if one of
the segmentation is. Precision is the share of the first that is right, recall the share
of the second that is found, F1 their harmonic mean (Csurka et al. 2013, BMVC 32).
Martin et al. (2004, IEEE TPAMI 26:530) match border elements one to one, so that thick
borders gain nothing; those here are never more than a voxel thick on either side, and a
match by distance alone needs no more than a small halo, and adds up over chunks.

Where the truth is unknown (0), a border voxel of the segmentation counts only if it is
right: nobody knows whether it is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.cells import map_to_cells
from neuropil.evaluation.scores import divide
from neuropil.grid import Box
from neuropil.kernels.bits import pack_above
from neuropil.kernels.dense import number_sorted
from neuropil.kernels.distance import squared_distance
from neuropil.morphology import Lattice
from neuropil.properties import Walk
from neuropil.schemas.evaluation import BOUNDARIES
from neuropil.volumes.base import Volume

Slices = tuple[slice, slice, slice]


class Sides(NamedTuple):
    """True cells, and those that a segmentation makes of its supervoxels.

    Attributes
    ----------
    truth, supervoxels : volumes of labels on one grid
    membership : supervoxel, cell; other supervoxels are of no cell
    """

    truth: Volume
    supervoxels: Volume
    membership: pd.DataFrame

    def read(self, box: Box) -> tuple[np.ndarray, np.ndarray]:
        """Read true and predicted cells of a box, (Z, Y, X) uint64 each."""
        numbers, ids = number_sorted(self.supervoxels.read(box), (0, 0, 0), box.shape)
        return self.truth.read(box), map_to_cells(ids, self.membership)[numbers]


def extract_boundaries(sides: Sides, boundary_nm: float, walk: Walk) -> pd.DataFrame:
    """Count border voxels of a chunk, and those near to the other side's border.

    Parameters
    ----------
    boundary_nm : tolerance, between middles of voxels
    walk : calls a function on each block of the chunk (`blocks.map_blocks`)

    Returns
    -------
    `BOUNDARIES`, one row
    """
    lattice = Lattice.of(sides.truth.voxel_size_nm)
    square = lattice.squared(boundary_nm)

    def count(block: Box) -> list[int]:
        whole = sides.truth.box
        near = block.grow(lattice.reach(square)).intersect(whole)
        read = near.grow(1).intersect(whole)
        truth, cells = sides.read(read)
        borders = [find_border(side)[near.within(read)] for side in (truth, cells)]
        part = block.within(near)
        hits = [
            border[part] & is_near(other, part, lattice, square)
            for border, other in zip(borders, borders[::-1])
        ]
        counted = borders[1][part] & (truth[block.within(read)] != 0) | hits[1]
        found = counted, hits[1], borders[0][part], hits[0]
        return [int(np.count_nonzero(mask)) for mask in found]

    rows = [row for _, row in walk(count)]
    return pd.DataFrame([np.sum(rows, axis=0)], columns=BOUNDARIES.columns)


def find_border(labels: np.ndarray) -> np.ndarray:
    """Whether a voxel is at the border of its label: (Z, Y, X) bool; 0 has none.

    The array's own end is no border.
    """
    border = np.zeros(labels.shape, bool)
    for axis in range(3):
        low, high = ([slice(None)] * 3 for _ in range(2))
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        low, high = tuple(low), tuple(high)
        differs = labels[low] != labels[high]
        border[low] |= differs
        border[high] |= differs
    return border & (labels != 0)


def is_near(
    border: np.ndarray, part: Slices, lattice: Lattice, square: int
) -> np.ndarray:
    """Whether voxels of a part have a border within a squared distance: bool."""
    beside = pack_above((~border).view(np.uint8), 0)
    away = squared_distance(beside, border.shape, lattice.steps, square + 1, part)
    return away <= square


def score_boundaries(chunks: Iterable[pd.DataFrame], boundary_nm: float) -> dict:
    """Precision, recall and F1 of the borders of all chunks.

    Parameters
    ----------
    chunks : `BOUNDARIES` of each
    boundary_nm : tolerance that they were counted with
    """
    sums = pd.concat(chunks).sum()
    nothing = float(not sums["predicted_count"] and not sums["truth_count"])
    precision = divide(sums["predicted_right"], sums["predicted_count"], nothing)
    recall = divide(sums["truth_found"], sums["truth_count"], nothing)
    return {
        "boundary_nm": boundary_nm,
        "boundary_precision": precision,
        "boundary_recall": recall,
        "boundary_f1": divide(2 * precision * recall, precision + recall, 0),
    }
