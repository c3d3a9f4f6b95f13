"""Somata that users know, by supervoxels or by places: which supervoxels they are.

A place is looked up in the supervoxels, since ids of supervoxels that a run makes are
not known before it.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from neuropil.agglomeration import check_background
from neuropil.columns import column_names, read_columns
from neuropil.corrections import refuse_rows
from neuropil.errors import InputError
from neuropil.grid import Box
from neuropil.volumes.base import Volume

VX, NM = ([f"{axis}_{unit}" for axis in "zyx"] for unit in ("vx", "nm"))


def read_somata(path: str) -> pd.DataFrame:
    """Read a table of somata: supervoxel and soma, or places.

    Places are z_nm, y_nm, x_nm from the first voxel's corner, or z_vx, y_vx, x_vx, a
    voxel counted from 0. Without a column soma, each place is a soma of its own.

    Returns
    -------
    supervoxel, or one of the three places; soma (uint64), row (its header being 1)

    Raises
    ------
    InputError
        If the table can't be read exactly, or has 0 as id.
    """
    names = column_names(path)
    if "supervoxel" in names:
        table = read_columns(path, ids=["supervoxel", "soma"], numbers=[])
        check_background(table, ["supervoxel"], path)
    elif {*VX} <= {*names}:
        table = read_columns(path, ids=VX, numbers=[])
    elif {*NM} & {*names}:
        table = read_columns(path, ids=[], numbers=NM)
        check_places(table, path)
    else:
        raise InputError(
            f"{path} has the columns {', '.join(names)}, expected supervoxel and soma, "
            f"or {', '.join(NM)}, or {', '.join(VX)}. Rename its columns."
        )
    if "soma" not in names:
        table["soma"] = np.arange(1, len(table) + 1, dtype=np.uint64)
    elif "soma" not in table:
        table["soma"] = read_columns(path, ids=["soma"], numbers=[])["soma"]
    table["row"] = np.arange(2, len(table) + 2)
    refuse_rows(
        table[table["soma"] == 0], f"{path} has 0 as soma", "Number them from 1."
    )
    if "supervoxel" in table:
        check_distinct(table, path)
    return table


def check_places(table: pd.DataFrame, path: str) -> None:
    """Refuse places that are no numbers."""
    wrong = np.flatnonzero(~np.isfinite(table[NM].to_numpy()).all(axis=1))
    if len(wrong):
        raise InputError(
            f"{path} has no place in row {wrong[0] + 2} ({len(wrong)} such rows), "
            "expected three numbers in nm. Fill them in, or remove the rows."
        )


def check_distinct(table: pd.DataFrame, path: str) -> None:
    """Refuse supervoxels that hold two somata: no agglomeration keeps these apart."""
    somata = table.groupby("supervoxel")["soma"].transform("nunique")
    refuse_rows(
        table[somata > 1].sort_values(["supervoxel", "row"]),
        f"{path} has two somata in one supervoxel, which can't be kept apart",
        "Correct the rows, or leave one of these somata out.",
    )


def link_somata(path: str, supervoxels: Volume, box: Box, whole: bool) -> pd.DataFrame:
    """Find the supervoxels of somata.

    Parameters
    ----------
    path : table as for `read_somata`
    supervoxels : volume of uint64, read at places alone
    box : the dataset's box
    whole : whether that is all of the volume; else places beyond it are left out

    Returns
    -------
    supervoxel, soma (uint64), each row once

    Raises
    ------
    InputError
        If a place lies in no supervoxel, or two somata in the same one.
    """
    table = read_somata(path)
    if "supervoxel" not in table:
        voxel = find_voxels(table, supervoxels.voxel_size_nm)
        inside = ((voxel >= box.start) & (voxel < box.stop)).all(axis=1)
        if whole and not inside.all():
            row = table["row"].to_numpy()[~inside][0]
            raise InputError(
                f"{path} has {(~inside).sum()} places outside of the dataset, that of "
                f"row {row} among them, expected places of its own, from its first "
                "voxel's corner. Correct unit or order of the columns."
            )
        table, voxel = table[inside].copy(), voxel[inside]
        found = [
            int(supervoxels.read(Box.of((1, 1, 1), v)).item()) for v in voxel.tolist()
        ]
        table["supervoxel"] = np.array(found, np.uint64)
        refuse_rows(
            table[table["supervoxel"] == 0],
            f"{path} has places in no supervoxel",
            "Move them into the soma's supervoxel.",
        )
        check_distinct(table, path)
    logging.info("%d supervoxels of %d somata", len(table), table["soma"].nunique())
    return table[["supervoxel", "soma"]].drop_duplicates()


def find_voxels(table: pd.DataFrame, voxel_size_nm: tuple) -> np.ndarray:
    """Voxels (N, 3) int64 of places."""
    if {*VX} <= {*table.columns}:
        return table[VX].to_numpy().astype(np.int64)
    return np.floor(table[NM].to_numpy() / voxel_size_nm).astype(np.int64)
