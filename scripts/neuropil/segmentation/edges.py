"""Edges between supervoxels: how much they touch, and what the map holds there.

What a chunk knows of an edge are sums over voxel faces; they add up over chunks, and
over the edges of supervoxels that are joined.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from neuropil.cells import look_up
from neuropil.grid import Box
from neuropil.kernels.faces import count_faces
from neuropil.kernels.linkage import MEAN, link_groups, measure_costs
from neuropil.properties import Walk
from neuropil.schemas.segmentation import BINS, EDGES, PAIR, PARTIAL_EDGES
from neuropil.volumes.affinities import Faces
from neuropil.volumes.base import Volume

SUMS = PARTIAL_EDGES.columns[2:]
SHARES = {"mean": MEAN, "q20": 0.2, "q50": 0.5, "q80": 0.8}


def extract_edges(
    supervoxels: Volume, membranes: Volume | Faces, walk: Walk
) -> pd.DataFrame:
    """Measure the faces between the supervoxels of a chunk.

    The chunk owns faces whose lower voxel it holds.

    Parameters
    ----------
    supervoxels : volume of uint64
    membranes : uint8 map on the same grid, or what affinities say of faces
    walk : calls a function on each block of the chunk (`blocks.map_blocks`)

    Returns
    -------
    `PARTIAL_EDGES`
    """

    def extract(block: Box) -> pd.DataFrame:
        box = block.grow(0, 1).intersect(supervoxels.box)
        labels, values = supervoxels.read(box), membranes.read(box)
        ends, table = count_faces(labels, values, block.shape)
        return pd.DataFrame(ends, columns=PAIR).join(pd.DataFrame(table, columns=SUMS))

    return add_up_edges(table for _, table in walk(extract))


def add_up_edges(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up rows of `PARTIAL_EDGES` of the same edge; their order does not matter."""
    return add_up(parts, SUMS)


def add_up(parts: Iterable[pd.DataFrame], sums: Sequence[str]) -> pd.DataFrame:
    """Add up rows of the same pair; whole numbers, so that their order does not matter.

    Parameters
    ----------
    parts : tables with the columns `PAIR` and ``sums``
    """
    none = pd.DataFrame(np.zeros((0, 2), np.uint64), columns=PAIR)
    empty = pd.DataFrame(np.zeros((0, len(sums)), np.int64), columns=[*sums])
    rows = pd.concat([none.join(empty), *parts], ignore_index=True)
    return rows.groupby(PAIR, as_index=False).sum()


def merge_edges(
    parts: Iterable[pd.DataFrame], supervoxels: Iterable[pd.DataFrame] = ()
) -> pd.DataFrame:
    """Add up the edges of all chunks; across sections, overlaps count.

    Parameters
    ----------
    parts : `PARTIAL_EDGES` of each chunk
    supervoxels : if they lie in one section each, a table supervoxel, voxel_count

    Returns
    -------
    `PARTIAL_EDGES` of the dataset
    """
    sums = add_up_edges(parts)
    for table in supervoxels:
        sums = weigh_overlaps(sums, table)
    return sums


def weigh_overlaps(sums: pd.DataFrame, supervoxels: pd.DataFrame) -> pd.DataFrame:
    """Let edges across sections say how little their supervoxels overlap.

    Between two sections the map says little: profiles of neighbours lie over each
    other, too. All faces of such an edge get the value 1 - share, where the share is
    that of the smaller profile that overlaps, or the mean of the map, if that is more.

    Parameters
    ----------
    sums : `PARTIAL_EDGES` of the whole dataset, of supervoxels of one section each
    supervoxels : supervoxel, voxel_count

    Returns
    -------
    `PARTIAL_EDGES`
    """
    known = supervoxels["supervoxel"], supervoxels["voxel_count"]
    sizes = [look_up(*known, sums[name]).astype(np.int64) for name in PAIR]
    faces = sums["faces_z"].to_numpy()
    across = np.flatnonzero(faces)
    apart = 255 - 255 * faces // np.maximum(np.minimum(*sizes), 1)
    mean = sums["map_sum"].to_numpy() // np.maximum(faces, 1)
    value = np.maximum(apart, mean)[across]
    table = sums[SUMS].to_numpy(copy=True)
    table[across, 3] = value * faces[across]
    table[across, 4:] = 0
    table[across, 4 + (value * BINS >> 8)] = faces[across]
    return sums[PAIR].join(pd.DataFrame(table, sums.index, SUMS))


def measure_edges(
    sums: pd.DataFrame, voxel_size_nm: Sequence[float], score: str
) -> pd.DataFrame:
    """Turn the sums of edges into areas, means, quantiles and a score.

    Parameters
    ----------
    sums : `PARTIAL_EDGES` of the whole dataset
    voxel_size_nm : (z, y, x)
    score : what makes an edge a bad one, of `SHARES`

    Returns
    -------
    `EDGES`; the score is 1 - the map's value
    """
    size = np.asarray(voxel_size_nm, float)
    faces = sums[[f"faces_{axis}" for axis in "zyx"]]
    edges = sums[PAIR].join(faces)
    edges["area_um2"] = faces.to_numpy() @ (size.prod() / size) * 1e-6
    table = sums[SUMS].to_numpy(np.int64)
    for name, share in SHARES.items():
        edges[name] = measure_costs(table, share)
    edges["score"] = 1 - edges[score]
    return edges[EDGES.columns]


def link_cells(
    sums: pd.DataFrame, score: str, scores: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Join supervoxels along the best edge first; edges of what is joined add up.

    Parameters
    ----------
    sums : `PARTIAL_EDGES` of the whole dataset
    score : as for `measure_edges`
    scores : `SCORES` of the same edges by a trained model, instead: the mean counts,
        over all faces between two groups

    Returns
    -------
    `JOINS`, in their order. The score never rises: it is the least one up to there, so
    that a threshold of it stops the agglomeration where it falls below for the first
    time.
    """
    names, index = np.unique(sums[PAIR].to_numpy(), return_inverse=True)
    ends = index.reshape(len(sums), 2).astype(np.int64)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    table = sums[SUMS].to_numpy(np.int64)
    if scores is not None:
        table, score = weigh_scores(table, scores["score"].to_numpy()), "mean"
    joins, costs = link_groups(len(names), ends[order], table[order], SHARES[score])
    logging.info("%d joins of %d supervoxels", len(joins), len(names))
    table = pd.DataFrame(names[joins], columns=PAIR)
    return table.assign(score=1 - np.maximum.accumulate(costs))


def weigh_scores(table: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Give edges (E, COLUMNS) a map that is 255 (1 - score) at all their faces."""
    weighed = np.zeros_like(table)
    weighed[:, :3] = table[:, :3]
    faces = table[:, :3].sum(axis=1)
    weighed[:, 3] = np.rint(255 * (1 - scores) * faces)
    return weighed
