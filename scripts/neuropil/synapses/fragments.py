"""Fragments of synapses: where a junction lies in the contact of two supervoxels.

A chunk is streamed in blocks. A fragment is a connected piece (26 neighbours) of one
junction object in one contact site within one block; `joining` undoes the cuts.
"""

from __future__ import annotations

import logging

import cc3d
import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.grid import Box, Triple
from neuropil.synapses.patches import find_patches, merge_patches
from neuropil.synapses.sources import JunctionVoxels, Readable, Sources

VOXEL = [f"{axis}_vx" for axis in "zyx"]


def extract_synapses(
    sources: Sources,
    pairs: pd.DataFrame,
    core: Box,
    block_shape: Triple,
    threads: int,
    min_type_probability: float,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Find the fragments of synapses of a chunk, block by block.

    Parameters
    ----------
    sources : volumes; around a block, as many voxels are read as lines reach
    pairs : label, supervoxel_a, supervoxel_b: the contact sites of the chunk
    core : voxels that the chunk owns
    block_shape : (z, y, x), in voxels
    threads : blocks at work at the same time
    min_type_probability : least probability, 0 to 1, of a voxel of a type

    Returns
    -------
    fragments, voxels, patches : tables of schemas ``synapse_fragments``,
        ``synapse_voxels``, ``synapse_patches``
    """
    pairs = pairs.sort_values("label")

    def find(block: Box) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        voxels = sources.read_junctions(block)
        found = find_fragments(sources, pairs, voxels, 255 * min_type_probability)
        return *found, find_patches(sources, voxels)

    fragments, voxels, patches, count = [], [], [], 0
    for _, (table, places, patch) in map_blocks(find, core, block_shape, threads):
        fragments.append(table.assign(fragment=table["fragment"] + count))
        voxels.append(places.assign(fragment=places["fragment"] + count))
        patches.append(patch)
        count += len(table)
    logging.info("%d fragments of synapses", count)
    return pd.concat(fragments), pd.concat(voxels), merge_patches(patches)


def find_fragments(
    sources: Sources, pairs: pd.DataFrame, found: JunctionVoxels, min_type: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the fragments of one block, numbered from 0.

    Everything in the tables is an integer that adds up over the fragments of a synapse.

    Parameters
    ----------
    sources, pairs : as of `extract_synapses`, ``pairs`` sorted by label
    found : voxels of junctions in the block
    min_type : least value, 0 to 255, of a voxel of a type

    Returns
    -------
    fragments, voxels : as of `extract_synapses`
    """
    zyx, junctions, sites = (column[found.site != 0] for column in found)
    piece, first = label_pieces(zyx, sites, junctions)
    voxels = pd.DataFrame(zyx, columns=VOXEL).assign(fragment=piece)
    types = [read_at(v, zyx) >= min_type for v in (sources.sym, sources.asym)]
    fragments = count_voxels(voxels, read_at(sources.sj, zyx), *types)
    at = np.searchsorted(pairs["label"], sites[first])
    for side in ("supervoxel_a", "supervoxel_b"):
        fragments[side] = pairs[side].to_numpy(np.uint64)[at]
    return fragments.assign(
        junction=junctions[first].astype(np.uint64),
        **{f"first_{name}": zyx[first, i] for i, name in enumerate(VOXEL)},
    ), voxels


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
    box = Box.around(zyx)
    volume = np.zeros(box.shape, np.uint32)
    at = tuple((zyx - np.array(box.start)).T)
    volume[at] = kind + 1
    labels = cc3d.connected_components(volume, connectivity=26)[at]
    _, first, piece = np.unique(labels, return_index=True, return_inverse=True)
    return piece.astype(np.int64), first


def read_at(volume: Readable | None, zyx: np.ndarray) -> np.ndarray:
    """Read the values (N,) of a map at voxels (N, 3); -1 without such a map."""
    if volume is None or not len(zyx):
        return np.full(len(zyx), -1)
    box = Box.around(zyx)
    return volume.read(box)[tuple((zyx - np.array(box.start)).T)]


def count_voxels(
    voxels: pd.DataFrame, sj: np.ndarray, sym: np.ndarray, asym: np.ndarray
) -> pd.DataFrame:
    """Count the voxels and types of fragments, and find their boxes and sums.

    Values of the map of junctions are rounded, so that sums of parts are exact.
    """
    table = voxels.assign(sym=sym, asym=asym, typed=sym | asym)
    table["sj"] = np.rint(np.maximum(sj, 0)).astype(np.int64)
    out = table.groupby("fragment", as_index=False).agg(
        voxel_count=("z_vx", "size"),
        **{f"{kind}_count": (kind, "sum") for kind in ("sym", "asym", "typed")},
        sj_sum=("sj", "sum"),
        **{f"start_{name}": (name, "min") for name in VOXEL},
        **{f"stop_{name}": (name, "max") for name in VOXEL},
        **{f"sum_{name}": (name, "sum") for name in VOXEL},
    )
    out[[f"stop_{name}" for name in VOXEL]] += 1
    return out
