"""How far one gets along true skeletons in the cells that supervoxels make.

The supervoxel at each node is looked up once. Any membership then says in which cell
each node is, so that a sweep over thresholds reads no voxels again. Only what lies in
the volume counts; where a true cell enters it twice, no segmentation joins the two.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.evaluation.segmentations import PLACE, find_within, join_runs, score_runs
from neuropil.grid import Box, Triple
from neuropil.schemas.segmentations import NODES
from neuropil.volumes.base import Volume

NODE = ["cell", "node"]


class Cable(NamedTuple):
    """True skeletons in a volume, all in one.

    Attributes
    ----------
    ends : (E, 2) int64, nodes that an edge joins
    length_nm : (E,)
    cell : (N,) uint64, true cell of each node
    supervoxel : (N,) uint64, that each node lies in; 0 is none
    """

    ends: np.ndarray
    length_nm: np.ndarray
    cell: np.ndarray
    supervoxel: np.ndarray


def extract_nodes(
    volumes: tuple[Volume, Volume],
    nodes: pd.DataFrame,
    core: Box,
    block_shape: Triple,
    threads: int,
) -> pd.DataFrame:
    """Look up which supervoxels the nodes of true skeletons in a chunk lie in.

    Parameters
    ----------
    volumes : truth, and supervoxels
    nodes : cell, node, z_nm, y_nm, x_nm from the corner of the first voxel
    core : voxels that the chunk owns
    block_shape : what a thread holds in memory, in voxels; blocks without a node are
        not read

    Returns
    -------
    `NODES`: cell, node, segment (the supervoxel; 0 is none), is_inside: whether the
    node lies in its own true cell
    """
    truth, supervoxels = volumes
    voxel = np.floor(nodes[PLACE].to_numpy() / truth.voxel_size_nm)

    def find(block: Box) -> pd.DataFrame:
        held, at = find_within(voxel, block)
        found = nodes.loc[held, NODE]
        if found.empty:
            none = np.empty(0, np.uint64)
            return found.assign(segment=none, is_inside=np.empty(0, bool))
        inside = truth.read(block)[at] == found["cell"].to_numpy()
        return found.assign(segment=supervoxels.read(block)[at], is_inside=inside)

    parts = [part for _, part in map_blocks(find, core, block_shape, threads)]
    return pd.concat(parts, ignore_index=True)[list(NODES.columns)]


def join_cable(nodes: pd.DataFrame, found: pd.DataFrame) -> Cable:
    """Join the nodes that lie in the volume to cable.

    A node outside of its own true cell, as where a centreline cuts a bend, takes the
    supervoxel of the nearest node above it that is inside, or else none.

    Parameters
    ----------
    nodes : cell, node, parent (negative at a root), z_nm, y_nm, x_nm
    found : of `extract_nodes`, of all chunks
    """
    table = nodes.merge(found, on=NODE).sort_values(NODE, ignore_index=True)
    rows = table[NODE].rename(columns={"node": "parent"})
    rows = rows.assign(above=np.arange(len(table)))
    above = table[["cell", "parent"]].merge(rows, on=["cell", "parent"], how="left")
    above = above["above"].fillna(-1).to_numpy(np.int64)
    place, child = table[PLACE].to_numpy(float), np.flatnonzero(above >= 0)
    ends = np.stack([above[child], child], axis=1)
    length = np.linalg.norm(place[ends[:, 0]] - place[ends[:, 1]], axis=1)
    inside, own = table["is_inside"].to_numpy(bool), np.arange(len(table))
    source = follow(np.where(inside | (above < 0), own, above))
    supervoxel = table["segment"].to_numpy(np.uint64)[source]
    supervoxel = np.where(inside[source], supervoxel, np.uint64(0))
    return Cable(ends, length, table["cell"].to_numpy(np.uint64), supervoxel)


def follow(towards: np.ndarray) -> np.ndarray:
    """Go from each item to the last one of its way: (N,) items, no circles.

    >>> follow(np.array([0, 0, 1, 3, 3])).tolist()
    [0, 0, 0, 3, 3]
    """
    while (towards[towards] != towards).any():
        towards = towards[towards]
    return towards


def score_cable(cable: Cable, segment: np.ndarray) -> dict:
    """Measure the expected run length of cells (`segmentations.score_runs`).

    Parameters
    ----------
    segment : (N,) uint64, the cell that each node is in; 0 is none

    Returns
    -------
    erl_um, merger_count, merged_share; erl_limit_um, of cells without errors
    """
    ends, length, cell, _ = cable
    scores = score_runs(join_runs(ends, length, cell, segment))
    best = score_runs(join_runs(ends, length, cell, cell))
    return scores | {"erl_limit_um": best["erl_um"]}
