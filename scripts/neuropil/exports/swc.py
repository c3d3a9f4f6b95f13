"""Skeletons as SWC: a text file per cell, one line per node, in µm.

Columns: node, type, x, y, z, radius, parent. A parent comes before its children, and
-1 is the parent of roots, one per component. Types are 0 (undefined) unless skeletons
have compartments, whose codes are those of SWC: 1 soma, 2 axon, 3 dendrite.
"""

from __future__ import annotations

import os

import numpy as np

from neuropil.exports.files import write_folder
from neuropil.skeletons.store import Skeleton, list_cells, read_skeleton

NM_PER_UM = 1000.0


def order_nodes(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Order nodes so that each follows its parent, trees one after the other.

    Returns
    -------
    order (N,) of rows; parents (N,): place in this order of each node's parent, or -1
    """
    count = len(skeleton.vertices_nm)
    parents = np.full(count, -1, np.int64)
    edges = skeleton.edges.astype(np.int64)
    parents[edges[:, 1]] = edges[:, 0]
    # In the store a parent's row comes before those of its children.
    order = np.lexsort((np.arange(count), skeleton.component))
    place = np.empty(count, np.int64)
    place[order] = np.arange(count)
    parents = parents[order]
    return order, np.where(parents < 0, -1, place[parents])


def format_swc(cell: int, skeleton: Skeleton) -> str:
    """Write a skeleton as text."""
    order, parents = order_nodes(skeleton)
    places = skeleton.vertices_nm.astype(float)[order, ::-1] / NM_PER_UM
    radii = skeleton.radius_nm.astype(float)[order] / NM_PER_UM
    kinds = getattr(skeleton, "compartment", np.zeros(len(order), int))[order]
    lines = [
        f"# cell {cell}, made by neuropil",
        "# positions and radii in micrometres (um), from the dataset's first voxel",
        f"# components (trees): {int((parents < 0).sum())}",
        "# node type x y z radius parent",
    ]
    rows = zip(kinds, *places.T, radii, np.where(parents < 0, -1, parents + 1))
    for node, (kind, x, y, z, radius, parent) in enumerate(rows, 1):
        lines.append(f"{node} {kind} {x:.4f} {y:.4f} {z:.4f} {radius:.4f} {parent}")
    return "\n".join(lines) + "\n"


def export_swc(folder: str | os.PathLike, bucket: str | os.PathLike) -> None:
    """Write the skeletons of a bucket, each as ``<cell>.swc``."""
    cells = list_cells(bucket).tolist()
    texts = ((cell, format_swc(cell, read_skeleton(bucket, cell))) for cell in cells)
    write_folder(folder, ((f"{cell}.swc", text.encode()) for cell, text in texts))
