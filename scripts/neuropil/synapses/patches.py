"""Patches of synapses: the surface that supervoxels turn to each other in a junction.

Contact sites give each voxel to the pair that has the majority around it, so near third
cells the site of a synapse is smaller than its junction. Its area is therefore that of
the lines that lead from one cell to the other within the junction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.grid import Box
from neuropil.schemas.synapses import CROSSINGS, PATCH
from neuropil.surface import DIRECTIONS, line_reach, line_steps, mirror_outside
from neuropil.synapses.sources import Labels, Sources


def find_patches(sources: Sources, labels: Labels) -> pd.DataFrame:
    """Count the lines that lead from one supervoxel into another within junctions.

    A line starts at a voxel of a junction and a supervoxel; what it belongs to is
    decided as for contacts (`kernels.crossings.count_crossings`).

    Parameters
    ----------
    sources : volumes
    labels : of a block

    Returns
    -------
    Table of schema ``synapse_patches``; its rows add up over blocks
    """
    inside = np.nonzero(labels.junctions)
    zyx = np.stack(inside, axis=1) + np.array(labels.block.start)
    kept, own, lines = follow_lines(sources, zyx)
    junction = labels.junctions[inside][kept].astype(np.uint64)
    nearest = lines.find_nearest(lines.met != 0)
    behind = lines.find_nearest((lines.met != 0) & lines.through)
    is_open = (behind != 0) & (behind != nearest)
    value = np.where(lines.through, nearest[:, None], lines.met)
    behind = np.where(lines.through & is_open[:, None], behind[:, None], np.uint64(0))
    row, line = np.nonzero((value != 0) & lines.leaves)
    kinds = line_steps(sources.voxel_size_nm)[1]
    ends = own[row], value[row, line], behind[row, line]
    return add_up_lines(junction[row], ends, kinds[line])


class Lines(NamedTuple):
    """Where the lines of voxels lead.

    Attributes
    ----------
    leaves : (M, 26) bool, whether the line leaves the supervoxel at all
    through : (M, 26) bool, whether it enters background
    met : (M, 26) uint64, supervoxel that it meets first; 0 if none, or its own
    length : (M, 26) int64, of the line, in thousandths of nm
    """

    leaves: np.ndarray
    through: np.ndarray
    met: np.ndarray
    length: np.ndarray

    def find_nearest(self, which: np.ndarray) -> np.ndarray:
        """Nearest supervoxel (M,) that the lines ``which`` (M, 26) meet; 0 is none."""
        length = np.where(which, self.length, np.iinfo(np.int64).max)
        nearest = which & (length == length.min(axis=1, keepdims=True))
        value = np.where(nearest, self.met, np.iinfo(np.uint64).max).min(axis=1)
        return np.where(which.any(axis=1), value, np.uint64(0))


def follow_lines(
    sources: Sources, zyx: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Lines]:
    """Follow the lines that leave the supervoxels of voxels (N, 3).

    Beyond the dataset's box tissue is taken to go on as in a mirror.

    Returns
    -------
    kept : (M,) int64, voxels that a line leaves; the rest has these rows
    own : (M,) uint64, supervoxel of each voxel
    lines : of these voxels
    """
    steps, _, longest, unit = line_reach(sources.voxel_size_nm, sources.reach_nm)
    reach = np.abs(steps * longest[:, None]).max(axis=0)
    supervoxels, start = read_mirrored(sources, zyx, reach)
    at = zyx - start
    own = supervoxels[tuple(at.T)]
    met = np.stack([supervoxels[tuple((at + step).T)] for step in steps], axis=1)
    leaves = (met != own[:, None]) & (own != 0)[:, None]
    kept = np.flatnonzero(leaves.any(axis=1))
    at, own, met, leaves = at[kept], own[kept], met[kept], leaves[kept]
    through = leaves & (met == 0)
    length = np.repeat(unit[None], len(kept), axis=0)
    for line, (step, most) in enumerate(zip(steps, longest)):
        for count in range(2, most + 1):
            on = through[:, line] & (met[:, line] == 0)
            met[on, line] = supervoxels[tuple((at[on] + count * step).T)]
            length[on, line] = count * unit[line]
    met[met == own[:, None]] = 0
    return kept, own, Lines(leaves, through, met, length)


def read_mirrored(
    sources: Sources, zyx: np.ndarray, reach: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Read the supervoxels around voxels (N, 3); the array, and where it starts."""
    if not len(zyx):
        return np.zeros(2 * reach + 1, np.uint64), -reach
    low, high = zyx.min(axis=0) - reach, zyx.max(axis=0) + reach + 1
    around = Box(tuple(low.tolist()), tuple(high.tolist()))
    voxels = sources.supervoxels.read(around)
    inside = around.intersect(sources.box).within(around)
    return mirror_outside(voxels, inside), low


def add_up_lines(
    junction: np.ndarray, ends: tuple[np.ndarray, ...], kind: np.ndarray
) -> pd.DataFrame:
    """Count lines (N,) per junction, pair of supervoxels, side and direction.

    ``ends`` are the supervoxel that a line leaves, the one it meets, the one behind.
    """
    own, met, behind = ends
    keys = (junction, np.minimum(own, met), np.maximum(own, met), behind)
    patches = pd.DataFrame(dict(zip(PATCH, keys))).groupby(list(PATCH), sort=True)
    column = kind + len(DIRECTIONS) * (own > met)
    place = patches.ngroup().to_numpy() * len(CROSSINGS) + column
    count = np.bincount(place, minlength=patches.ngroups * len(CROSSINGS))
    out = patches.size().index.to_frame(index=False)
    lines = pd.DataFrame(count.reshape(-1, len(CROSSINGS)), columns=CROSSINGS)
    return pd.concat([out, lines], axis=1)


def merge_patches(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Add up the patches of blocks or chunks."""
    table = pd.concat(parts)
    return table.groupby(list(PATCH), as_index=False)[list(CROSSINGS)].sum()
