"""Which parts of cells are myelinated: a map of myelin, looked up along skeletons.

The share of myelin around each node (`myelin_shares`), then, as in SyConn2 (Schubert et
al. 2022, Methods, myelin), the majority of the nodes within a distance along the cable.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from neuropil.grid import Triple
from neuropil.myelin_shares import Nodes, measure_shares
from neuropil.schemas.shapes import MYELIN
from neuropil.skeletons.graphs import cable_graph
from neuropil.skeletons.store import Skeleton
from neuropil.volumes.base import Volume

NODES_AT_ONCE = 256  # whose distances to all others of a cell are held


def measure_myelin(
    myelin: Volume,
    skeletons: Iterable[tuple[int, Skeleton]],
    block_shape: Triple,
    settings: Mapping,
) -> pd.DataFrame:
    """Say of each node of skeletons whether it is myelinated.

    Parameters
    ----------
    myelin : map, 0 to 255
    block_shape : (z, y, x), what is read at a time
    settings : section ``myelin`` of the config

    Returns
    -------
    Table of schema ``myelin``
    """
    cells = dict(skeletons)
    nodes = Nodes.of([*cells.values()])
    shares = measure_shares(myelin, nodes, block_shape, settings)
    parts, at = [pd.DataFrame(columns=MYELIN.columns)], 0
    for cell, skeleton in cells.items():
        share = shares[at : at + len(skeleton.vertices_nm)]
        at += len(share)
        table = pd.DataFrame({"myelin_share": share, "node": np.arange(len(share))})
        table["is_myelinated"] = take_majority(
            skeleton, share > 0.5, settings["majority_nm"]
        )
        parts.append(table.assign(cell=np.uint64(cell)))
    logging.info("%d nodes of %d cells", len(shares), len(cells))
    types = {f.name: f.dtype for f in MYELIN.fields}
    return pd.concat(parts, ignore_index=True)[MYELIN.columns].astype(types)


def take_majority(
    skeleton: Skeleton, values: np.ndarray, reach_nm: float
) -> np.ndarray:
    """Give each node what most nodes within a distance along the cable have.

    Parameters
    ----------
    values : (N,) bool
    reach_nm : along the cable; where votes are even, a node keeps its own value

    Returns
    -------
    (N,) bool
    """
    count, graph = len(values), cable_graph(skeleton)
    votes = np.where(values, 1, -1)
    out = np.zeros(count, bool)
    for first in range(0, count, NODES_AT_ONCE):
        nodes = np.arange(first, min(first + NODES_AT_ONCE, count))
        distance = dijkstra(graph, directed=False, indices=nodes, limit=reach_nm)
        total = (distance <= reach_nm) @ votes
        out[nodes] = np.where(total == 0, values[nodes], total > 0)
    return out
