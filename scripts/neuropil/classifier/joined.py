"""Further features of candidates, out of tables that other steps or people make.

A table by ``cell`` tells of cells, such as which share of one is axon, and gives
columns for both sides; one by ``synapse`` tells of candidates. What a table does not
know is undefined (NaN), which classifiers take as such.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuropil.errors import InputError
from neuropil.storage import read_table

KEYS = ("synapse", "cell")


def join_evidence(
    evidence: pd.DataFrame, paths: Sequence[str | os.PathLike]
) -> pd.DataFrame:
    """Add the columns of tables to evidence.

    Parameters
    ----------
    evidence : synapse, cell_a, cell_b, ...
    paths : Parquet tables of numbers, with a column ``synapse`` or ``cell``

    Raises
    ------
    InputError
        If a table has no such key, both or one twice, a column is no number, is there
        already, is of one side alone, or has infinite numbers
    """
    for path in paths:
        table = read_table(path)
        key = next((name for name in KEYS if name in table), None)
        check_joined(path, table, key)
        table = table.set_index(key).astype(float)
        if key == "synapse":
            found = table.reindex(evidence["synapse"])
            parts = [found.set_axis(evidence.index)]
        else:
            parts = [
                table.reindex(evidence[f"cell_{side}"])
                .set_axis(evidence.index)
                .add_suffix(f"_{side}")
                for side in "ab"
            ]
        new = pd.concat(parts, axis=1)
        if twice := sorted(set(new) & set(evidence)):
            raise InputError(
                f"{path} has {twice}, which synapses/evidence.parquet has already. "
                "Rename these columns."
            )
        evidence = pd.concat([evidence, new], axis=1)
    return evidence


def check_joined(path: str | os.PathLike, table: pd.DataFrame, key: str | None) -> None:
    """Refuse a table that can't be joined."""
    if key is None:
        raise InputError(
            f"{path} has the columns {list(table)}; to be joined to candidates it "
            "needs synapse or cell. Name the column of ids so, or take the table out "
            "of classifier.joined."
        )
    if set(KEYS) <= set(table):
        raise InputError(
            f"{path} has both {' and '.join(KEYS)}: one is the key, and no id is a "
            "feature. Leave one of them out."
        )
    if table[key].dtype != "uint64":
        raise InputError(
            f"Column {key} of {path} is {table[key].dtype}; ids are uint64. Write "
            "it so."
        )
    doubled = table.loc[table[key].duplicated(), key].head(5).tolist()
    if doubled:
        raise InputError(
            f"{path} has more than one row of {key} {doubled}. Keep one row of each."
        )
    check_features(path, table.drop(columns=key))


def check_features(path: str | os.PathLike, table: pd.DataFrame) -> None:
    """Refuse columns that can be no features."""
    sides = [name for name in table if name.endswith(("_a", "_b"))]
    if sides:
        raise InputError(
            f"Columns {sides} of {path} end like those of the two cells of a "
            "candidate. Rename them, or give what is of cells in a table by cell, "
            "without ending."
        )
    numbers = table.select_dtypes(["number", "bool"])
    if endless := numbers.columns[np.isinf(numbers.astype(float)).any()].tolist():
        raise InputError(
            f"Columns {endless} of {path} have infinite numbers, which nothing can be "
            "learnt from. Leave them undefined (NaN)."
        )
    if words := sorted(set(table) - set(numbers)):
        raise InputError(
            f"Columns {words} of {path} are no numbers. Leave them out, or write "
            "numbers."
        )
