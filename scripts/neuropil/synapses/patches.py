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

NO_PATCHES = pd.DataFrame({name: np.empty(0, np.uint64) for name in PATCH}).assign(
    **{name: np.empty(0, np.int64) for name in CROSSINGS}
)


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
    parts = [NO_PATCHES]
    for rows in np.split(order, starts)[1:]:
        patches = count_patches(supervoxels, voxels.zyx[rows] - box.start, lines)
        parts.append(patches.assign(junction=voxels.junction[rows[0]]))
    return pd.concat(parts)


def count_patches(
    supervoxels: np.ndarray, zyx: np.ndarray, lines: tuple[np.ndarray, ...]
) -> pd.DataFrame:
    """Count the lines of one junction.

    Parameters
    ----------
    supervoxels : (Z, Y, X) uint64, with as many voxels on each side as lines reach
    zyx : (N, 3), voxels of the junction, in an array without these
    lines : of `surface.line_reach`
    """
    box = Box.around(zyx)
    mask = np.zeros(box.shape, np.uint32)
    mask[tuple((zyx - np.array(box.start)).T)] = 1
    reach = longest_reach(lines)
    crop = supervoxels[box.shift(reach).grow(reach).slices]
    numbers, ids = number_sorted(crop, (0, 0, 0), crop.shape)
    none = np.zeros(2, np.uint64)
    _, met, crossings = count_crossings(numbers, mask, none, lines, everywhere=False)
    patches = pd.DataFrame(crossings, columns=CROSSINGS)
    return patches.assign(**dict(zip(PATCH[1:], ids[met].T)))


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
