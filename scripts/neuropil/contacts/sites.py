"""Contact sites of one block: where its supervoxels face each other.

Every boundary voxel of a supervoxel gets the partner that it meets most of nearby; the
voxels of a pair are closed and dilated; connected voxels of a pair are a site. As in
SyConn2 (Schubert et al. 2022, Methods, contact sites), but with lengths in nm, and
without an order in which pairs compete for voxels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.contacts.plan import Plan
from neuropil.grid import Box, voxel_index
from neuropil.kernels.closing import close_sites
from neuropil.kernels.crossings import count_crossings
from neuropil.kernels.dense import number_sorted
from neuropil.kernels.partner import pair_boundaries
from neuropil.kernels.sites import label_components
from neuropil.schemas.contacts import BEHIND, CROSSINGS, PAIR, START, STOP, SUM
from neuropil.surface import line_reach, mirror_outside

HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)


class Sites(NamedTuple):
    """Contact sites of one block.

    Attributes
    ----------
    labels : (Z, Y, X) uint32, 1..n numbered by first voxel, 0 is none
    fragments : table of schema ``fragments``, a row per label
    touching : (m, 2) uint32, labels of different pairs that touch (26 neighbours)
    strays : table of schema ``strays``
    """

    labels: np.ndarray
    fragments: pd.DataFrame
    touching: np.ndarray
    strays: pd.DataFrame


def find_sites(supervoxels: np.ndarray, block: Box, volume: Box, plan: Plan) -> Sites:
    """Find the contact sites of a block.

    What lies outside of the volume is not there: it neither makes a boundary nor stops
    the growth of a site.

    Parameters
    ----------
    supervoxels : array of uint64
        The block with `Plan.halo` on every side; outside of the volume anything.
    block : voxels to find sites in
    volume : voxels of the dataset
    """
    around = block.grow(plan.halo)
    inside = around.intersect(volume).within(around)
    start, stop = zip(*((s.start, s.stop) for s in inside))
    numbers, ids = number_sorted(supervoxels, start, stop)
    paired = block.grow(plan.growth).grow(plan.radius)
    pairs = pair_boundaries(numbers[paired.within(around)], plan.radius, len(ids) - 1)
    pairs, pair_ids = number_sorted(pairs, (0, 0, 0), pairs.shape)
    closed = close_sites(pairs, len(pair_ids) - 1, plan.closing, plan.dilation)
    labels, table, touching = label_components(closed)
    pair_of = pair_ids[np.append(0, table[:, 0])]
    lines = line_reach(plan.voxel_size_nm, plan.reach_nm)
    mirrored = mirror_outside(numbers, inside)
    sited, met, stray = count_crossings(mirrored, labels, pair_of, lines)
    fragments = pd.DataFrame(unpack_pairs(pair_of[1:], ids))
    fragments.insert(0, "label", np.arange(1, len(table) + 1, dtype=np.uint32))
    fragments = pd.concat([fragments, place_fragments(table, block, volume)], axis=1)
    fragments[list(CROSSINGS)] = sited[1:]
    strays = pd.DataFrame(dict(zip((*PAIR, BEHIND), ids[met].T)))
    strays[list(CROSSINGS)] = stray
    return Sites(labels, fragments, touching, strays)


def unpack_pairs(pairs: np.ndarray, ids: np.ndarray) -> dict[str, np.ndarray]:
    """Ids of the supervoxels of packed pairs of numbers."""
    return {PAIR[0]: ids[pairs >> HALF], PAIR[1]: ids[pairs & LOW]}


def merge_strays(strays: pd.DataFrame) -> pd.DataFrame:
    """Add up the crossings of each pair, and of what lies behind."""
    return strays.groupby([*PAIR, BEHIND], as_index=False)[list(CROSSINGS)].sum()


def place_fragments(table: np.ndarray, block: Box, volume: Box) -> pd.DataFrame:
    """Turn a table of `label_components` into coordinates of the dataset.

    Linear indices are those of an array that ends where the volume does.
    """
    count, first = table[:, 1], table[:, 2:5] + block.start
    places = {
        "voxel_count": count,
        "first_index": voxel_index(*first.T, volume.stop),
        **dict(zip(START, (table[:, 5:8] + block.start).T)),
        **dict(zip(STOP, (table[:, 8:11] + block.start).T)),
        **dict(zip(SUM, (table[:, 11:14] + np.outer(count, block.start)).T)),
    }
    return pd.DataFrame(places)
