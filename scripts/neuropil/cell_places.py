"""Where the organelles of cells lie along their skeletons."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from neuropil.schemas.shapes import PLACES
from neuropil.skeletons.graphs import cable_graph
from neuropil.skeletons.store import Skeleton, list_cells, read_skeleton

POSITION = ["z_nm", "y_nm", "x_nm"]


def measure_places(
    skeletons: str | os.PathLike,
    organelles: Mapping[str, pd.DataFrame],
    soma_radius_nm: float,
) -> pd.DataFrame:
    """Find where on its cell's skeleton each object of an organelle lies.

    Parameters
    ----------
    skeletons : file of a bucket
    organelles : per organelle its table: object, cell, z_nm, y_nm, x_nm, volume_um3
    soma_radius_nm : thickest nodes from this radius on are somata

    Returns
    -------
    Table of schema ``places``
    """
    cells = list_cells(skeletons)
    tables = [
        table[np.isin(table["cell"], cells)].assign(organelle=name)
        for name, table in organelles.items()
    ]
    parts = [pd.DataFrame(columns=PLACES.columns).astype(types())]
    objects = pd.concat([parts[0], *tables], ignore_index=True)
    for cell, rows in objects.groupby("cell"):
        skeleton = read_skeleton(skeletons, cell)
        parts.append(place_objects(rows, skeleton, soma_radius_nm))
    logging.info("%d objects in %d cells", len(objects), len(parts) - 1)
    return pd.concat(parts, ignore_index=True)[PLACES.columns]


def types() -> dict[str, str]:
    """Types of the columns of a table of places, for one without rows."""
    return {
        field.name: field.dtype.replace("string", "object") for field in PLACES.fields
    }


def place_objects(
    objects: pd.DataFrame, skeleton: Skeleton, soma_radius_nm: float
) -> pd.DataFrame:
    """Find the nodes nearest to objects of one cell, and how far along they are."""
    distance, node = KDTree(skeleton.vertices_nm).query(objects[POSITION].to_numpy())
    path, thickest = measure_paths(skeleton)
    component = skeleton.component[node].astype(np.int64)
    is_soma = skeleton.radius_nm[thickest] >= soma_radius_nm
    hub = path[node]
    return objects.assign(
        node=node,
        distance_nm=distance,
        component=component,
        hub_nm=hub,
        soma_nm=np.where(is_soma[component], hub, np.nan),
    )


def measure_paths(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Measure how far nodes are, along their trees, from the thickest node of these.

    Returns
    -------
    (N,) nm; and the thickest node of each tree (T,), of several the first
    """
    order = np.lexsort((-skeleton.radius_nm, skeleton.component))
    _, first = np.unique(skeleton.component[order], return_index=True)
    thickest, graph = order[first], cable_graph(skeleton)
    path = dijkstra(graph, directed=False, indices=thickest, min_only=True)
    return path, thickest
