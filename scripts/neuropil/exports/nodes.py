"""Skeletons as tables of nodes, which navis and pandas read: one per bucket."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from neuropil.exports.swc import NM_PER_UM, order_nodes
from neuropil.skeletons.store import Skeleton, list_cells, read_skeleton
from neuropil.whole_files import replacing

COLUMNS = {
    "neuron": "u8",
    "node_id": "i8",
    "parent_id": "i8",
    "x": "f4",
    "y": "f4",
    "z": "f4",
    "radius": "f4",
    "component": "i8",
}


def list_nodes(cell: int, skeleton: Skeleton) -> pd.DataFrame:
    """List the nodes of a cell, in µm, from 1; the parent of a root is -1."""
    order, parents = order_nodes(skeleton)
    x, y, z = skeleton.vertices_nm[order, ::-1].T / NM_PER_UM
    columns = {
        "neuron": np.full(len(order), cell, np.uint64),
        "node_id": np.arange(1, len(order) + 1),
        "parent_id": np.where(parents < 0, -1, parents + 1),
        **{"x": x, "y": y, "z": z},
        "radius": skeleton.radius_nm[order] / NM_PER_UM,
        "component": skeleton.component[order],
    }
    return pd.DataFrame(columns).astype(COLUMNS)


def describe_neurons(cells: Iterable[int]) -> dict[str, str]:
    """Write what navis wants to know of each neuron, as metadata of the table."""
    return {
        key: text
        for cell in cells
        for key, text in ((f"{cell}:id", str(cell)), (f"{cell}:units", "1 micrometer"))
    }


def export_nodes(path: str | os.PathLike, bucket: str | os.PathLike) -> None:
    """Write the skeletons of a bucket as one table."""
    cells = list_cells(bucket).tolist()
    tables = [list_nodes(cell, read_skeleton(bucket, cell)) for cell in cells]
    nodes = pd.concat([pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS), *tables])
    table = pa.Table.from_pandas(nodes, preserve_index=False)
    table = table.replace_schema_metadata(describe_neurons(cells))
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
    logging.info("%d nodes of %d cells", len(nodes), len(cells))
