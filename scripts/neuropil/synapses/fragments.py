"""Fragments of synapses: where a junction lies in the contact of two supervoxels.

A chunk is streamed in blocks. A fragment is a connected piece (26 neighbours) of one
junction object in one contact site within one block; `joining` undoes the cuts.
"""

from __future__ import annotations

import logging
from typing import NamedTuple, Protocol

import cc3d
import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.grid import Box, Triple
from neuropil.schemas.synapses import CROSSINGS
from neuropil.storage import LabelStack
from neuropil.surface import DIRECTIONS, line_steps
from neuropil.volumes import open_role

AXES = "zyx"
VOXEL = [f"{axis}_vx" for axis in AXES]


class Readable(Protocol):
    """Anything that gives the voxels of a box, zeros outside of what it holds."""

    def read(self, box: Box) -> np.ndarray:
        """Voxels of a box of the dataset."""


class Sources(NamedTuple):
    """Volumes that the fragments of a chunk are found in.

    Attributes
    ----------
    sites : local labels of contact sites
    junctions : ids of junction objects
    supervoxels : ids
    sym, asym : probability of the types, 0 to 255; None without such a map
    box : the dataset's box
    voxel_size_nm : (z, y, x)
    """

    sites: Readable
    junctions: Readable
    supervoxels: Readable
    sym: Readable | None
    asym: Readable | None
    box: Box
    voxel_size_nm: tuple[float, float, float]


def open_sources(sites: str, junctions: str, dataset: dict) -> Sources:
    """Open a chunk's files of contact sites and junctions, and the dataset's maps."""
    roles = ("supervoxels", "sym", "asym")
    volumes = (
        open_role(dataset, role) if dataset["volumes"].get(role) else None
        for role in roles
    )
    files = (LabelStack([path]) for path in (sites, junctions))
    size = tuple(dataset["voxel_size_nm"][axis] for axis in AXES)
    return Sources(*files, *volumes, Box(*dataset["box_vx"]), size)


def extract_synapses(
    sources: Sources,
    pairs: pd.DataFrame,
    core: Box,
    block_shape: Triple,
    threads: int,
    min_type_probability: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the fragments of synapses of a chunk, block by block.

    Parameters
    ----------
    sources : volumes; around a block, some voxels of supervoxels are read
    pairs : label, supervoxel_a, supervoxel_b: the contact sites of the chunk
    core : voxels that the chunk owns
    block_shape : (z, y, x), in voxels
    threads : blocks at work at the same time
    min_type_probability : least probability, 0 to 1, of a voxel of a type

    Returns
    -------
    fragments : table of schema ``synapse_fragments``
    voxels : table of schema ``synapse_voxels``
    """
    pairs = pairs.sort_values("label")

    def find(block: Box) -> tuple[pd.DataFrame, pd.DataFrame]:
        return find_fragments(sources, pairs, block, 255 * min_type_probability)

    fragments, voxels, count = [], [], 0
    for _, (table, places) in map_blocks(find, core, block_shape, threads):
        fragments.append(table.assign(fragment=table["fragment"] + count))
        voxels.append(places.assign(fragment=places["fragment"] + count))
        count += len(table)
    fragments, voxels = pd.concat(fragments), pd.concat(voxels)
    logging.info("%d fragments of %d voxels", len(fragments), len(voxels))
    return fragments, voxels


def find_fragments(
    sources: Sources, pairs: pd.DataFrame, block: Box, min_type: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the fragments of one block, numbered from 0.

    Everything in the tables is an integer that adds up over the fragments of a synapse.

    Parameters
    ----------
    sources, pairs : as of `extract_synapses`, ``pairs`` sorted by label
    block : voxels to look at
    min_type : least value, 0 to 255, of a voxel of a type

    Returns
    -------
    fragments, voxels : as of `extract_synapses`
    """
    sites, junctions = sources.sites.read(block), sources.junctions.read(block)
    inside = np.nonzero((sites != 0) & (junctions != 0))
    sites, junctions = sites[inside], junctions[inside]
    zyx = np.stack(inside, axis=1) + np.array(block.start)
    piece, first = label_pieces(zyx, sites, junctions)
    voxels = pd.DataFrame(zyx, columns=VOXEL).assign(fragment=piece)
    types = [read_type(v, zyx, min_type) for v in (sources.sym, sources.asym)]
    fragments = count_voxels(voxels, *types)
    at = np.searchsorted(pairs["label"], sites[first])
    sides = pairs[["supervoxel_a", "supervoxel_b"]].to_numpy(np.uint64)[at]
    crossings = count_crossings(sources, zyx, sides, piece)
    return fragments.assign(
        supervoxel_a=sides[:, 0],
        supervoxel_b=sides[:, 1],
        junction=junctions[first].astype(np.uint64),
        **{f"first_{name}": zyx[first, i] for i, name in enumerate(VOXEL)},
        **dict(zip(CROSSINGS, crossings.T)),
    ), voxels


def around(zyx: np.ndarray) -> Box:
    """Smallest box that holds voxels (N, 3); an empty one if there are none."""
    if not len(zyx):
        return Box.of((0, 0, 0))
    return Box(tuple(zyx.min(axis=0).tolist()), tuple((zyx.max(axis=0) + 1).tolist()))


def label_pieces(
    zyx: np.ndarray, sites: np.ndarray, junctions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the connected pieces of voxels of one contact site and one junction.

    Parameters
    ----------
    zyx : (N, 3), voxels in scan order
    sites, junctions : (N,), labels of each voxel

    Returns
    -------
    piece : (N,) int64, number of the piece of each voxel, from 0
    first : (P,) row of the first voxel of each piece
    """
    if not len(zyx):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    _, junction = np.unique(junctions, return_inverse=True)
    kind = sites.astype(np.int64) * (junction.max() + 1) + junction
    _, kind = np.unique(kind, return_inverse=True)
    box = around(zyx)
    volume = np.zeros(box.shape, np.uint32)
    at = tuple((zyx - np.array(box.start)).T)
    volume[at] = kind + 1
    labels = cc3d.connected_components(volume, connectivity=26)[at]
    _, first, piece = np.unique(labels, return_index=True, return_inverse=True)
    return piece.astype(np.int64), first


def read_type(volume: Readable | None, zyx: np.ndarray, least: float) -> np.ndarray:
    """Which of the voxels (N, 3) have a value of a map of at least ``least``: bool."""
    if volume is None:
        return np.zeros(len(zyx), bool)
    box = around(zyx)
    return volume.read(box)[tuple((zyx - np.array(box.start)).T)] >= least


def count_voxels(
    voxels: pd.DataFrame, sym: np.ndarray, asym: np.ndarray
) -> pd.DataFrame:
    """Count the voxels and types of fragments, and find their boxes and sums."""
    table = voxels.assign(sym=sym, asym=asym, typed=sym | asym)
    out = table.groupby("fragment", as_index=False).agg(
        voxel_count=("z_vx", "size"),
        **{f"{kind}_count": (kind, "sum") for kind in ("sym", "asym", "typed")},
        **{f"start_{name}": (name, "min") for name in VOXEL},
        **{f"stop_{name}": (name, "max") for name in VOXEL},
        **{f"sum_{name}": (name, "sum") for name in VOXEL},
    )
    out[[f"stop_{name}" for name in VOXEL]] += 1
    return out


def count_crossings(
    sources: Sources, zyx: np.ndarray, sides: np.ndarray, piece: np.ndarray
) -> np.ndarray:
    """Count the lines that leave the supervoxels of both sides, for their area.

    A line counts if its first step leads from a voxel of a piece into background or
    into the supervoxel of the other side, but not to where the dataset ends; steps are
    those of `surface.line_steps`. It belongs to the voxel that it leaves.

    Parameters
    ----------
    zyx : (N, 3), voxels of the pieces
    sides : (P, 2), supervoxels a and b of each piece
    piece : (N,), piece of each voxel

    Returns
    -------
    (P, 14) int64: of side a, then of side b, along `surface.DIRECTIONS`
    """
    steps, kinds = line_steps(sources.voxel_size_nm)
    box = around(zyx).grow(tuple(steps.max(axis=0).tolist()))
    supervoxels = sources.supervoxels.read(box)
    own = supervoxels[tuple((zyx - np.array(box.start)).T)]
    a, b = sides[piece].T
    side = np.select([own == a, own == b], [0, 1], -1)
    other = np.where(own == a, b, a)
    out = np.zeros(len(sides) * 2 * len(DIRECTIONS), np.int64)
    for step, kind in zip(steps, kinds):
        there = zyx + step
        met = supervoxels[tuple((there - np.array(box.start)).T)]
        leaves = (side >= 0) & ((met == 0) | (met == other))
        leaves &= within(there, sources.box)
        place = (piece[leaves] * 2 + side[leaves]) * len(DIRECTIONS) + kind
        out += np.bincount(place, minlength=len(out))
    return out.reshape(len(sides), 2 * len(DIRECTIONS))


def within(zyx: np.ndarray, box: Box) -> np.ndarray:
    """Which of the voxels (N, 3) a box holds: bool (N,)."""
    return ((zyx >= np.array(box.start)) & (zyx < np.array(box.stop))).all(axis=1)
