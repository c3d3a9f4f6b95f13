"""Sheets: synapses and contacts, the thin objects between two cells.

Their voxels lie in the files of chunks under numbers of the chunk. Here they get ids
of the dataset's tables and are cut into buckets, each to be meshed alone (objects.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.cells import look_up
from neuropil.grid import Box, Triple
from neuropil.meshes.store import StoredMesh
from neuropil.meshes.voxels import Runs, Voxels, find_runs, join_runs, read_voxels
from neuropil.storage import LabelStack, read_table, read_tables

Walk = tuple[Box, Triple, int]


def extract_sheets(
    kind: str, voxels: str, tables: Sequence[str], chunk: str, walk: Walk
) -> Runs:
    """Find the voxels of synapses or contacts in one chunk.

    Memory is that of their runs in the chunk, and of a few blocks.

    Parameters
    ----------
    kind : synapses or contacts
    voxels : the chunk's file: a table of schema ``synapse_voxels``, or labels
    tables : which synapse or contact the numbers in it are of: schemas
        ``synapse_members``; ``contact_labels`` and ``site_contacts``
    chunk : name
    walk : the chunk's core, (z, y, x) of a block, blocks at work at the same time
    """
    find = {"synapses": find_synapses, "contacts": find_contacts}[kind]
    pieces = find(voxels, tables, chunk, walk)
    logging.info("%d %s in %d runs", len(pieces.ids), kind, len(pieces.runs))
    return pieces


def find_synapses(voxels: str, tables: Sequence[str], chunk: str, walk: Walk) -> Runs:
    """Find the runs of a chunk's synapses."""
    (members,) = tables
    named = read_table(members, ["fragment", "synapse"], ("chunk", [chunk]))
    found = read_table(voxels)
    ids = look_up(named["fragment"], named["synapse"], found["fragment"])
    zyx = found[["z_vx", "y_vx", "x_vx"]].to_numpy()
    return Runs.of(*join_runs(ids[ids > 0], zyx[ids > 0]))


def find_contacts(voxels: str, tables: Sequence[str], chunk: str, walk: Walk) -> Runs:
    """Find the runs of a chunk's contacts; blocks make pieces of their own."""
    labels, site_contacts = tables
    named = read_table(labels, ["label", "site"], ("chunk", [chunk]))
    contacts = read_table(site_contacts, None, ("site", named["site"]))
    named = named.merge(contacts, on="site")
    read = LabelStack([voxels]).read

    def find(block: Box) -> Runs:
        label, runs = find_runs(read(block), block.start)
        ids = look_up(named["label"], named["contact"], label)
        return Runs.of(ids[ids > 0], runs[ids > 0])

    parts = (part for _, part in map_blocks(find, *walk))
    return Runs(*map(np.concatenate, zip(*parts)))


def merge_sheets(
    paths: Sequence[str], bucket: int, mesh: Callable[[Voxels], StoredMesh]
) -> list[tuple[int, StoredMesh]]:
    """Mesh the synapses or contacts of a bucket, one after the other.

    Parameters
    ----------
    paths : files of `Runs` of all chunks
    bucket : its number
    mesh : called with the voxels of each
    """
    meshes = [(name, mesh(voxels)) for name, voxels in read_voxels(paths, bucket)]
    made = [(name, one) for name, one in meshes if len(one.faces)]
    triangles = sum(len(one.faces) for _, one in made)
    logging.info("%d of %d meshed, %d triangles", len(made), len(meshes), triangles)
    return made


def measure_sheets(tables: Iterable[str], lines: pd.DataFrame) -> pd.DataFrame:
    """Compare areas of meshes with those of the lines that lead from cell to cell.

    Parameters
    ----------
    tables : of schema ``meshes``, of all buckets
    lines : synapses or contacts: their id, area_um2

    Returns
    -------
    Table of schema ``sheet_areas``, a row per row of ``lines``; NaN without a mesh
    """
    meshes = read_tables(tables).set_index("id")
    found = meshes.reindex(lines.iloc[:, 0])
    return pd.DataFrame(
        {
            "id": lines.iloc[:, 0].to_numpy(),
            "area_um2": lines["area_um2"].to_numpy(),
            # A sheet has two sides, and the area of a synapse is counted on one.
            "half_area_um2": found["area_um2"].to_numpy() / 2,
            "mesh_area_um2": found["area_um2"].to_numpy(),
            "volume_um3": found["volume_um3"].to_numpy(),
            "is_closed": found["is_closed"].eq(True).to_numpy(),
        }
    )
