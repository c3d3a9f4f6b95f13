"""Edges between supervoxels: how much they touch, and what the map holds there.

What a chunk knows of an edge are sums over voxel faces; they add up over chunks, and
over the edges of supervoxels that are joined.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from neuropil.grid import Box
from neuropil.kernels.faces import COLUMNS, count_faces
from neuropil.schemas.segmentation import BINS, EDGES, PARTIAL_EDGES
from neuropil.volumes.base import Volume

Walk = Callable[[Callable], Iterator[tuple]]
PAIR = ["supervoxel_a", "supervoxel_b"]
SUMS = PARTIAL_EDGES.columns[2:]
QUANTILES = {"q25": 0.25, "q50": 0.5, "q75": 0.75}


def extract_edges(supervoxels: Volume, membranes: Volume, walk: Walk) -> pd.DataFrame:
    """Measure the faces between the supervoxels of a chunk.

    The chunk owns faces whose lower voxel it holds.

    Parameters
    ----------
    supervoxels : volume of uint64
    membranes : uint8 map on the same grid
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
    """Add up rows of `PARTIAL_EDGES` of the same edge, part by part."""
    empty = np.zeros((0, COLUMNS), np.int64)
    none = pd.DataFrame(np.zeros((0, 2), np.uint64), columns=PAIR)
    none = none.join(pd.DataFrame(empty, columns=SUMS))
    return functools.reduce(
        lambda sums, part: pd.concat([sums, part]).groupby(PAIR, as_index=False).sum(),
        parts,
        none,
    )


def measure_edges(
    sums: pd.DataFrame, voxel_size_nm: Sequence[float], score: str
) -> pd.DataFrame:
    """Turn the sums of edges into areas, means, quantiles and a score.

    Parameters
    ----------
    sums : `PARTIAL_EDGES` of the whole dataset
    voxel_size_nm : (z, y, x)
    score : what makes an edge a bad one: mean, q25, q50 or q75 of the map

    Returns
    -------
    `EDGES`; the score is 1 - the map's value
    """
    size = np.asarray(voxel_size_nm, float)
    faces = sums[[f"faces_{axis}" for axis in "zyx"]]
    edges = sums[PAIR].join(faces)
    edges["area_um2"] = faces.to_numpy() @ (size.prod() / size) * 1e-6
    edges["mean"] = sums["map_sum"] / faces.sum(axis=1) / 255
    bins = sums[[f"bin_{k}" for k in range(BINS)]].to_numpy()
    for name, share in QUANTILES.items():
        edges[name] = find_quantile(bins, share)
    edges["score"] = 1 - edges[score]
    return edges[EDGES.columns]


def find_quantile(bins: np.ndarray, share: float) -> np.ndarray:
    """Quantile of histograms (E, BINS) of values 0 to 1, linear within a bin.

    >>> find_quantile(np.array([[2, 2] + [0] * 14]), 0.75).tolist()
    [0.09375]
    """
    below = np.cumsum(bins, axis=1)
    wanted = share * below[:, -1:]
    place = np.argmax((below >= wanted) & (bins > 0), axis=1)
    row = np.arange(len(bins))
    into = wanted[:, 0] - (below[row, place] - bins[row, place])
    return (place + into / bins[row, place]) / bins.shape[1]
