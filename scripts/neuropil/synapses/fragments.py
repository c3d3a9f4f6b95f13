"""Fragments of synapses: where a junction lies in the contact of two supervoxels.

A chunk is streamed in blocks. A fragment is a connected piece (26 neighbours) of one
junction object in one contact site within one block; `joining` undoes the cuts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import NamedTuple

import cc3d
import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.grid import Box, Triple
from neuropil.schemas.synapses import CROSSINGS, DIRECTIONS

AXES = "zyx"
OFFSETS = [o for o in itertools.product((-1, 0, 1), repeat=3) if any(o)]


class BlockData(NamedTuple):
    """Volumes of one block, all of its shape but where said otherwise.

    Attributes
    ----------
    sites : uint32, local labels of contact sites
    junctions : uint64, ids of junction objects
    supervoxels : uint32 or uint64, with a halo of one voxel on every side
    sym, asym : bool, voxels of symmetric and asymmetric type
    """

    sites: np.ndarray
    junctions: np.ndarray
    supervoxels: np.ndarray
    sym: np.ndarray
    asym: np.ndarray


def extract_synapses(
    read_block: Callable[[Box], BlockData],
    pairs: pd.DataFrame,
    core: Box,
    block_shape: Triple,
    threads: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the fragments of synapses of a chunk, block by block.

    Parameters
    ----------
    read_block : gives the volumes of a block
    pairs : label, supervoxel_a, supervoxel_b: the contact sites of the chunk
    core : voxels that the chunk owns
    block_shape : (z, y, x), in voxels
    threads : blocks at work at the same time

    Returns
    -------
    fragments : table of schema ``fragments``
    voxels : table of schema ``fragment_voxels``
    """
    fragments, voxels, count = [], [], 0
    for _, (table, places) in map_blocks(
        lambda block: find_fragments(read_block(block), pairs, block.start),
        *(core, block_shape, threads),
    ):
        fragments.append(table.assign(fragment=table["fragment"] + count))
        voxels.append(places.assign(fragment=places["fragment"] + count))
        count += len(table)
    return pd.concat(fragments), pd.concat(voxels)


def find_fragments(
    data: BlockData, pairs: pd.DataFrame, start: Triple
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the fragments of one block whose first voxel is ``start``.

    Fragments are numbered from 0. Everything in the tables is an integer that adds up
    over the fragments of a synapse.

    Returns
    -------
    fragments, voxels : as of `extract_synapses`
    """
    inside = np.nonzero((data.sites != 0) & (data.junctions != 0))
    piece, count = label_pieces(data, inside)
    places = pd.DataFrame({f"{a}_vx": v + o for a, v, o in zip(AXES, inside, start)})
    voxels = places.assign(fragment=piece)
    first = np.unique(piece, return_index=True)[1]
    fragments = count_voxels(data, inside, voxels)
    at = np.searchsorted(pairs["label"], data.sites[inside][first])
    for side in "ab":
        fragments[f"supervoxel_{side}"] = pairs[f"supervoxel_{side}"].to_numpy()[at]
    fragments["junction"] = data.junctions[inside][first]
    for axis in AXES:
        fragments[f"first_{axis}_vx"] = places[f"{axis}_vx"].to_numpy()[first]
    sides = fragments[["supervoxel_a", "supervoxel_b"]].to_numpy()[piece]
    crossings = count_crossings(data.supervoxels, inside, sides, piece, count)
    fragments[list(CROSSINGS)] = crossings
    return fragments, voxels


def label_pieces(data: BlockData, inside: tuple) -> tuple[np.ndarray, int]:
    """Find the number of the piece that each voxel is of, and how many there are.

    A piece is of one contact site and one junction. ``inside`` are indices (z, y, x) of
    the voxels that have both.
    """
    if not len(inside[0]):
        return np.empty(0, np.int64), 0
    _, junction = np.unique(data.junctions[inside], return_inverse=True)
    kind = data.sites[inside].astype(np.int64) * (junction.max() + 1) + junction
    _, kind = np.unique(kind, return_inverse=True)
    crop = tuple(v - v.min() for v in inside)
    volume = np.zeros([v.max() + 1 for v in crop], np.uint32)
    volume[crop] = kind + 1
    labels, count = cc3d.connected_components(volume, connectivity=26, return_N=True)
    return labels[crop].astype(np.int64) - 1, count


def count_voxels(data: BlockData, inside: tuple, voxels: pd.DataFrame) -> pd.DataFrame:
    """Count the voxels and types of fragments, and find their boxes and sums."""
    sym, asym = data.sym[inside], data.asym[inside]
    table = voxels.assign(sym=sym, asym=asym, typed=sym | asym)
    places = [f"{axis}_vx" for axis in AXES]
    out = table.groupby("fragment", as_index=False).agg(
        voxel_count=("z_vx", "size"),
        **{f"{kind}_count": (kind, "sum") for kind in ("sym", "asym", "typed")},
        **{f"start_{name}": (name, "min") for name in places},
        **{f"stop_{name}": (name, "max") for name in places},
        **{f"sum_{name}": (name, "sum") for name in places},
    )
    out[[f"stop_{name}" for name in places]] += 1
    return out


def count_crossings(
    supervoxels: np.ndarray,
    inside: tuple,
    sides: np.ndarray,
    piece: np.ndarray,
    count: int,
) -> np.ndarray:
    """Count where lines through voxels of pieces leave the supervoxel of a side.

    Parameters
    ----------
    supervoxels : with a halo of one voxel
    inside : indices (z, y, x) of N voxels, without the halo
    sides : (N, 2), supervoxels a and b of each voxel's piece
    piece : (N,), number of each voxel's piece

    Returns
    -------
    (count, 14) int64: of side a, then of side b, along the directions z, y, x, zy, zx,
    yx, zyx; diagonals of one class are added up. A crossing belongs to its inner voxel.
    """
    own = supervoxels[tuple(v + 1 for v in inside)]
    classes = len(DIRECTIONS)
    out = np.zeros(count * 2 * classes, np.int64)
    for offset in OFFSETS:
        name = "".join(axis for axis, step in zip(AXES, offset) if step)
        there = supervoxels[tuple(v + 1 + step for v, step in zip(inside, offset))]
        for side in range(2):
            leaves = (own == sides[:, side]) & (there != own)
            place = (piece[leaves] * 2 + side) * classes + DIRECTIONS.index(name)
            out += np.bincount(place, minlength=len(out))
    return out.reshape(count, 2 * classes)
