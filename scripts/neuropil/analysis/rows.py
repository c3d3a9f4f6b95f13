"""Which rows of a table from elsewhere count: those whose values the config allows."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from neuropil.columns import read_names, read_numbers
from neuropil.errors import InputError

TRUTH = {"true": "true", "t": "true", "1": "true", "yes": "true"}
TRUTH |= {"false": "false", "f": "false", "0": "false", "no": "false"}


def find_rows(table: pa.Table, rows: dict[str, dict], path: str) -> np.ndarray:
    """Find the rows that pass every condition, in their order, (M,) int.

    Parameters
    ----------
    table : with the columns that the conditions are about
    rows : by column ``{"among": [values]}``, or ``min``, ``max`` or both. A row without
        a value passes no condition.

    Raises
    ------
    InputError
        If no row is left of a table that has some.
    """
    kept = np.ones(len(table), bool)
    for column, condition in rows.items():
        kept &= passes(table[column], condition, column, path)
        if len(table) and not kept.any():
            raise InputError(
                f"{path} has no row left after the condition on {column} "
                f"({describe(condition)}). Correct it under rows."
            )
    logging.info("%s: %d of %d rows kept", path, kept.sum(), len(table))
    return np.flatnonzero(kept)


def passes(
    column: pa.ChunkedArray, condition: dict, name: str, path: str
) -> np.ndarray:
    """Whether each value passes a condition, (N,) bool."""
    if "among" not in condition:
        values = read_numbers(column, name, path)
        low, high = condition.get("min", -np.inf), condition.get("max", np.inf)
        return (values >= low) & (values <= high)
    return is_among(column, condition["among"], name, path)


def is_among(
    column: pa.ChunkedArray, asked: Sequence, name: str, path: str
) -> np.ndarray:
    """Whether each value is one of those asked for, (N,) bool.

    True and false stand for what tables write instead (1, t, yes); numbers are compared
    as numbers, and text as text. Ids are compared exactly.
    """
    kinds = {type(value) for value in asked}
    exact = pa.types.is_integer(column.type) or any(v >= 2**53 for v in numbers(asked))
    if kinds <= {int, float} and not (exact and kinds == {int}):
        return np.isin(read_numbers(column, name, path), asked)
    values = read_names(column, name, path, empty=True)
    if bool in kinds:
        values = np.array([TRUTH.get(v.lower(), v) for v in values], object)
    return np.isin(values.astype(str), [as_text(value) for value in asked])


def numbers(values: Sequence) -> list:
    """Those of some values that are numbers."""
    return [value for value in values if isinstance(value, int | float)]


def as_text(value) -> str:
    """Write a value of the config as tables have it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def describe(condition: dict) -> str:
    """Say a condition in a few words.

    >>> describe({"min": 3, "max": 5}), describe({"among": ["a", 1]})
    ('min 3, max 5', 'among a, 1')
    """
    if "among" in condition:
        return f"among {', '.join(map(as_text, condition['among']))}"
    return ", ".join(f"{key} {value}" for key, value in condition.items())
