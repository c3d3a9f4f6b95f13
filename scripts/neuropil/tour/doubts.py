"""What to doubt in a run that has no truth: what lies as it can hardly be right.

A cell that begins and ends inside of the dataset is a whole small process, or, mostly,
a piece of one. An organelle of which a good part lies in no cell or another one, and a
junction that holds no synapse between two cells, show where cells are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from neuropil.figures.style import CLASS_NAMES
from neuropil.figures.thresholds import START, STOP
from neuropil.grid import Box
from neuropil.storage import read_table

MOSTLY = 0.9  # share of an organelle's voxels that lie in its cell, to be believed
PLACE = ["z_vx", "y_vx", "x_vx"]
INNER = "cells that end inside"
UNUSED = "junctions without a synapse between two cells"
STRAY = "{} not in one cell"
SPAN = ["start_z_vx", "stop_z_vx"]


def find_inner_cells(
    supervoxels: pd.DataFrame, membership: pd.DataFrame, box: Box
) -> pd.DataFrame:
    """List cells that reach no face of the dataset, the largest first.

    Parameters
    ----------
    supervoxels : table of schema ``supervoxels``
    membership : supervoxel, cell
    box : the dataset's

    Returns
    -------
    id, voxel_count, start_z_vx, stop_z_vx, and z_vx, y_vx, x_vx, a voxel inside of it
    """
    table = supervoxels.merge(membership, on="supervoxel")
    table = table[table["cell"] != 0].sort_values(
        ["voxel_count", "supervoxel"], ascending=[False, True]
    )
    groups = table.groupby("cell")
    start, stop = groups[START].min(), groups[STOP].max()
    inner = (start.to_numpy() > box.start) & (stop.to_numpy() < box.stop)
    found = (
        groups[PLACE]
        .first()
        .assign(
            voxel_count=groups["voxel_count"].sum(),
            start_z_vx=start["start_z_vx"],
            stop_z_vx=stop["stop_z_vx"],
        )
    )
    found = found[inner.all(axis=1)].rename_axis("id").reset_index()
    order = ["voxel_count", "id"]
    return found.sort_values(order, ascending=[False, True], ignore_index=True)


def find_strays(organelles: pd.DataFrame) -> pd.DataFrame:
    """List organelles that lie in their cell by less than `MOSTLY`, the largest first.

    Parameters
    ----------
    organelles : table of schema ``organelles``

    Returns
    -------
    id, voxel_count, z_vx, y_vx, x_vx, start_z_vx, stop_z_vx, cell, cell_fraction
    """
    found = organelles[organelles["cell_fraction"] < MOSTLY]
    return list_objects(found, ["cell", "cell_fraction"])


def find_unused(junctions: pd.DataFrame, synapses: pd.DataFrame) -> pd.DataFrame:
    """List junctions that hold no synapse between two cells, the largest first.

    Parameters
    ----------
    junctions : table of schema ``organelles``
    synapses : junction, of all candidates

    Returns
    -------
    id, voxel_count, z_vx, y_vx, x_vx, start_z_vx, stop_z_vx
    """
    return list_objects(junctions[~junctions["object"].isin(synapses["junction"])], [])


def list_objects(found: pd.DataFrame, further: list[str]) -> pd.DataFrame:
    """Id, size and place of objects, the largest first."""
    found = found.rename(columns={"object": "id"})
    found = found[["id", "voxel_count", *PLACE, *SPAN, *further]]
    order = ["voxel_count", "id"]
    return found.sort_values(order, ascending=[False, True], ignore_index=True)


def collect_doubts(
    cells: pd.DataFrame,
    organelles: Mapping[str, pd.DataFrame],
    synapses: pd.DataFrame | None,
    each: int,
) -> pd.DataFrame:
    """List the largest doubtful things of every kind.

    Parameters
    ----------
    cells : of `find_inner_cells`
    organelles : per organelle, its table of schema ``organelles``
    synapses : candidates; None if there is no map of junctions
    each : most of one kind

    Returns
    -------
    Rows of schema ``doubts``
    """
    counts = cells["stop_z_vx"] - cells["start_z_vx"]
    remarks = [f"in {n} sections" for n in counts]
    parts = {INNER: cells.assign(organelle="", remark=remarks)}
    for name, table in organelles.items():
        if name == "sj" and synapses is not None:
            parts[UNUSED] = find_unused(table, synapses).assign(
                organelle=name, remark=""
            )
        elif name != "sj":
            found = find_strays(table)
            remarks = [f"{share:.0%} in its cell" for share in found["cell_fraction"]]
            part = found.assign(organelle=name, remark=remarks)
            parts[STRAY.format(CLASS_NAMES.get(name, name))] = part
    columns = ["kind", "number", "count", "organelle", "id", "voxel_count"]
    columns += [*PLACE, *SPAN, "remark"]
    rows = [
        part.head(each).assign(
            kind=kind, count=len(part), number=np.arange(1, min(each, len(part)) + 1)
        )
        for kind, part in parts.items()
    ]
    return pd.concat(rows, ignore_index=True)[columns]


def read_doubts(files: Mapping, box: Box, each: int) -> pd.DataFrame:
    """Collect the doubts of a run.

    Parameters
    ----------
    files : tables ``supervoxels``, ``membership``, ``objects`` (a list, named by
        what they hold) and, if there is a map of junctions, ``synapses``
    box : the dataset's
    each : most of one kind

    Returns
    -------
    Rows of schema ``doubts``
    """
    organelles = {Path(path).stem: read_table(path) for path in files["objects"]}
    given = files["synapses"]
    synapses = read_table(given, ["junction"]) if given else None
    tables = (read_table(files[name]) for name in ("supervoxels", "membership"))
    cells = find_inner_cells(*tables, box)
    return collect_doubts(cells, organelles, synapses, each)
