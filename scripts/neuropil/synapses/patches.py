"""Patches of synapses: the surface that supervoxels turn to each other in a junction.

Contact sites give each voxel to the pair that has the majority around it, so near third
cells the site of a synapse is smaller than its junction. Its area is therefore that of
the lines that lead from one cell to the other within the junction.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuropil.grid import Box
from neuropil.kernels.crossings import count_crossings
from neuropil.kernels.dense import number_sorted
from neuropil.schemas.synapses import CROSSINGS, PATCH
from neuropil.surface import line_reach, longest_reach, mirror_outside
from neuropil.synapses.sources import JunctionVoxels, Sources


def find_patches(sources: Sources, voxels: JunctionVoxels) -> pd.DataFrame:
    """Count the lines that lead from one supervoxel into another within junctions.

    A line starts at a voxel of a junction and a supervoxel; what it belongs to is
    decided as for contacts (`kernels.crossings.count_crossings`). Beyond the dataset's
    box tissue is taken to go on as in a mirror.

    Parameters
    ----------
    sources : volumes
    voxels : of junctions in a block

    Returns
    -------
    Table of schema ``synapse_patches``; its rows add up over blocks
    """
    lines = line_reach(sources.voxel_size_nm, sources.reach_nm)
    box = Box.around(voxels.zyx)
    supervoxels = read_mirrored(sources, box, lines)
    order = np.argsort(voxels.junction, kind="stable")
    _, starts = np.unique(voxels.junction[order], return_index=True)
    keys, counts = [np.empty((0, len(PATCH)), np.uint64)], [np.empty((0, 14), np.int64)]
    for rows in np.split(order, starts)[1:]:
        met, crossings = count_patches(supervoxels, voxels.zyx[rows] - box.start, lines)
        junction = np.full(len(met), voxels.junction[rows[0]], np.uint64)
        keys.append(np.column_stack([junction, met]))
        counts.append(crossings)
    patches = pd.DataFrame(np.concatenate(keys), columns=PATCH)
    patches[list(CROSSINGS)] = np.concatenate(counts)
    return patches


def count_patches(
    supervoxels: np.ndarray, zyx: np.ndarray, lines: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Count the lines of one junction.

    Parameters
    ----------
    supervoxels : (Z, Y, X) uint64, with as many voxels on each side as lines reach
    zyx : (N, 3), voxels of the junction, in an array without these
    lines : of `surface.line_reach`

    Returns
    -------
    (M, 3) uint64, supervoxels that lines lead between, and what lies behind; (M, 14)
    int64, the lines (`count_crossings`)
    """
    box = Box.around(zyx)
    mask = np.zeros(box.shape, np.uint32)
    mask[tuple((zyx - np.array(box.start)).T)] = 1
    reach = longest_reach(lines)
    crop = supervoxels[box.shift(reach).grow(reach).slices]
    numbers, ids = number_sorted(crop, (0, 0, 0), crop.shape)
    none = np.zeros(2, np.uint64)
    _, met, crossings = count_crossings(numbers, mask, none, lines, everywhere=False)
    return ids[met], crossings


def read_mirrored(
    sources: Sources, box: Box, lines: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Read the supervoxels of a box and as far around it as lines reach."""
    around = box.grow(longest_reach(lines))
    voxels = sources.supervoxels.read(around)
    return mirror_outside(voxels, around.intersect(sources.box).within(around))


def merge_patches(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Add up the patches of blocks or chunks."""
    table = pd.concat(parts)
    return table.groupby(list(PATCH), as_index=False)[list(CROSSINGS)].sum()
