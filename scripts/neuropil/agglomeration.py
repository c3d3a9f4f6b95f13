"""Agglomerations that users bring: tables of ids, read exactly and checked.

Ids are whole numbers up to 2^64; a table that ever held them as floats has lost ids
above 2^53, so floats are refused, not rounded.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from neuropil.cells import join_supervoxels
from neuropil.columns import read_columns
from neuropil.corrections import (
    Limits,
    check_listed,
    check_somata,
    join_within,
    make_limits,
    order_edges,
    order_joins,
    read_corrections,
)
from neuropil.errors import InputError
from neuropil.schemas.segmentation import PAIR
from neuropil.storage import read_table

SUPERVOXEL = ["supervoxel"]


def read_agglomeration(
    given: dict, supervoxels: np.ndarray, whole: bool
) -> pd.DataFrame:
    """Read which supervoxels make which cell, as the config gives it.

    Parameters
    ----------
    given : ``{"table": path}``, ``{"edges": path, "threshold": score}`` or ``{}``;
        beside edges perhaps ``corrections``, ``somata`` (supervoxel, soma) and, of
        joins of groups, ``touching``: the edges of supervoxels behind them
    supervoxels : (N,) uint64, ids of the dataset
    whole : whether the dataset is all of its volume. Of a box of it, the agglomeration
        may name supervoxels that are elsewhere.

    Returns
    -------
    Table supervoxel, cell (uint64), without rows if nothing is given

    Raises
    ------
    InputError
        If the table can't be read exactly, names a supervoxel twice, or one that the
        dataset does not have.
    """
    if "table" in given:
        named = read_membership(given["table"])
        check_known(named, SUPERVOXEL, supervoxels, whole, given["table"])
        return named
    if "edges" in given:
        edges = read_edges(given["edges"])
        check_known(edges, PAIR, supervoxels, whole, given["edges"])
        if "made" not in given:  # whose scale is known
            check_threshold(given, edges)
        if not given.keys() & {"corrections", "somata"}:
            return join_supervoxels(edges, given["threshold"])
        limits = read_limits(given, supervoxels, whole or "made" in given)
        return join_within(order_ends(given, edges), limits)
    return pd.DataFrame({"supervoxel": [], "cell": []}, dtype=np.uint64)


def order_ends(given: dict, edges: pd.DataFrame) -> np.ndarray:
    """Put the edges that join in their order: (E, 2) supervoxels."""
    if "touching" not in given:
        return order_edges(edges, given["threshold"])
    touching = read_table(given["touching"], [*PAIR, "score"])
    return order_joins(edges, touching, given["threshold"])


def read_limits(given: dict, supervoxels: np.ndarray, whole: bool) -> Limits:
    """Read corrections and somata, as far as they are given.

    Raises
    ------
    InputError
        If they contradict themselves or each other or, of a whole dataset, name a
        supervoxel that it does not have.
    """
    somata = pd.DataFrame({"supervoxel": [], "soma": []}, dtype=np.uint64)
    if "somata" in given:
        somata = read_table(given["somata"])
        if whole:
            check_listed(somata, supervoxels, given["soma_table"])
    if "corrections" not in given:
        return make_limits([], somata)
    path = given["corrections"]
    table = read_corrections(path)
    if whole:
        check_listed(table, supervoxels, path)
    check_somata(table, somata, path)
    return make_limits([table], somata)


def read_membership(path: str) -> pd.DataFrame:
    """Read a table supervoxel, cell; each supervoxel at most once, cell 0 for none."""
    table = read_columns(path, ids=["supervoxel", "cell"], numbers=[])
    check_background(table, SUPERVOXEL, path)
    double = table["supervoxel"].duplicated()
    if double.any():
        found = table[double].iloc[0]["supervoxel"]
        raise InputError(
            f"{path} names supervoxel {found} in more than one row ({double.sum()} "
            "such rows), expected each at most once. Remove the rows that are wrong."
        )
    return table


def read_edges(path: str) -> pd.DataFrame:
    """Read a table supervoxel_a, supervoxel_b, score (any finite number)."""
    table = read_columns(path, ids=PAIR, numbers=["score"])
    check_background(table, PAIR, path)
    wrong = ~np.isfinite(table["score"].to_numpy())
    if wrong.any():
        a, b = table.loc[wrong, PAIR].iloc[0]
        raise InputError(
            f"{path} has no number as score of edge {a} - {b} ({wrong.sum()} such "
            "rows), expected a finite one. Give a score, or remove the rows."
        )
    return table


def check_threshold(given: dict, edges: pd.DataFrame) -> None:
    """Refuse a threshold on the wrong scale: beyond every score there is."""
    low, high = edges["score"].min(), edges["score"].max()
    if len(edges) and not low <= given["threshold"] <= high:
        raise InputError(
            f"agglomeration.threshold is {given['threshold']}, but the scores in "
            f"{given['edges']} go from {low:g} to {high:g}. Choose a threshold on "
            "their scale."
        )


def check_background(table: pd.DataFrame, columns: list[str], path: str) -> None:
    """Refuse supervoxel 0, which is background."""
    for column in columns:
        if (table[column] == 0).any():
            raise InputError(
                f"{path} names supervoxel 0 in column {column}, but 0 is background. "
                "Remove the row."
            )


def check_known(
    table: pd.DataFrame,
    columns: list[str],
    supervoxels: np.ndarray,
    whole: bool,
    path: str,
) -> None:
    """Refuse supervoxels that the dataset does not have."""
    named = np.unique(table[columns].to_numpy())
    unknown = named[~np.isin(named, supervoxels)]
    if len(unknown) and (whole or len(unknown) == len(named)):
        raise InputError(
            f"{path} names {len(unknown)} supervoxels that the dataset does not have, "
            f"{unknown[0]} among them. Use the agglomeration of this very segmentation."
        )
    logging.info("%s: %d of %d ids elsewhere", path, len(unknown), len(named))
