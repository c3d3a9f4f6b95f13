"""Columns of tables that users bring (Parquet, CSV, TSV), read exactly.

Ids are whole numbers up to 2^64; a table that ever held them as floats has lost ids
above 2^53, so floats are refused, not rounded.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from neuropil.errors import InputError

DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
PACKED = {".gz", ".bz2"}  # pyarrow unpacks text of these names by itself


def read_columns(path: str, ids: list[str], numbers: list[str]) -> pd.DataFrame:
    """Read columns of a Parquet, CSV or TSV file, ids exactly as uint64.

    Raises
    ------
    InputError
        If the file can't be read, lacks a column, or holds something else than whole
        numbers from 0 to 2^64 - 1 as ids.
    """
    table = open_columns(path, ids + numbers)
    read = {c: read_ids(table[c], c, path) for c in ids}
    read |= {c: read_numbers(table[c], c, path) for c in numbers}
    return pd.DataFrame(read)


def open_columns(path: str, wanted: Sequence[str]) -> pa.Table:
    """Read some columns as they are stored; those of text files as text."""
    require_columns(path, wanted)
    wanted = list(dict.fromkeys(wanted))
    with explained(path):
        if find_delimiter(path) is None:
            return decode(pa.parquet.read_table(path, columns=wanted))
        return read_text(path, find_delimiter(path), wanted)


def decode(table: pa.Table) -> pa.Table:
    """Turn columns stored as codes of a few values (categories) into these values."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            plain = table.column(place).cast(field.type.value_type)
            table = table.set_column(place, field.name, plain)
    return table


def require_columns(path: str, wanted: Sequence[str]) -> None:
    """Refuse a file that lacks a column; no more than its head is read."""
    with explained(path):
        names = column_names(path)
    missing = [name for name in dict.fromkeys(wanted) if name not in names]
    if missing:
        raise InputError(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(names)}. "
            "Rename its columns, or correct the names in the config."
        )


def column_names(path: str) -> list[str]:
    """Names of the columns, in the order of the file."""
    delimiter = find_delimiter(path)
    if delimiter is None:
        return pa.parquet.read_schema(path).names
    return read_header(path, delimiter)


def read_header(path: str, delimiter: str) -> list[str]:
    """Names of the columns of a text table."""
    parse = pa.csv.ParseOptions(delimiter=delimiter)
    with pa.csv.open_csv(path, parse_options=parse) as reader:
        return reader.schema.names


def find_delimiter(path: str) -> str | None:
    """Character between two columns of a text table; None for Parquet."""
    *_, packed, suffix = ["", "", *(s.lower() for s in Path(path).suffixes)]
    kind = packed if suffix in PACKED else suffix
    if suffix == ".parquet":
        return None
    if kind not in DELIMITERS:
        raise InputError(
            f"{path} ends in {suffix or 'nothing'}, expected .parquet, .csv or .tsv. "
            "Convert or rename it."
        )
    return DELIMITERS[kind]


@contextlib.contextmanager
def explained(path: str) -> Iterator[None]:
    """Turn what goes wrong while a table is read into one sentence."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise InputError(
            f"{path} is no readable table ({str(error).splitlines()[0]}). Check that "
            "it exists, is complete and, if text, is UTF-8."
        ) from error


def read_text(
    path: str, delimiter: str, wanted: Sequence[str] | None = None
) -> pa.Table:
    """Read some or all columns as text: nothing is rounded on the way."""
    parse = pa.csv.ParseOptions(delimiter=delimiter)
    if wanted is None:
        wanted = read_header(path, delimiter)
    text = dict.fromkeys(wanted, pa.string())
    convert = pa.csv.ConvertOptions(column_types=text, include_columns=wanted)
    return pa.csv.read_csv(path, parse_options=parse, convert_options=convert)


def read_ids(column: pa.ChunkedArray, name: str, path: str) -> np.ndarray:
    """Turn a column into uint64, or say which value is no id."""
    if column.null_count:
        raise InputError(
            f"{path} has {column.null_count} rows without a {name}, expected an id in "
            "each. Fill them in, or remove the rows."
        )
    if pa.types.is_floating(column.type):
        raise InputError(
            f"{path} holds decimal numbers ({column.type}) as {name}, expected whole "
            "ids: floats confuse those above 2^53. Write the column as integers from "
            "the source of the ids."
        )
    try:
        return column.cast(pa.uint64()).to_numpy()
    except pa.ArrowException as error:
        wrong = next(str(v) for v in column.to_pylist() if not is_id(str(v)))
        hint = "Write whole numbers without sign, point or exponent."
        if wrong.startswith("-"):
            hint = "Ids above 2^63 turn negative in signed types: write them as uint64."
        raise InputError(
            f"{path} holds {wrong!r} as {name}, expected an id from 0 to 2^64 - 1. "
            f"{hint}"
        ) from error


def is_id(text: str) -> bool:
    """Whether text is a whole number that fits into 64 bits."""
    return text.isascii() and text.isdigit() and int(text) < 2**64


def read_names(
    column: pa.ChunkedArray, name: str, path: str, empty: bool = False
) -> np.ndarray:
    """Turn a column into text, (N,) object; ``empty`` says whether values may lack.

    Raises
    ------
    InputError
        If a value is missing that must not, or the column holds no text or whole
        numbers: a decimal number is no name.
    """
    if pa.types.is_floating(column.type) and not empty:
        raise InputError(
            f"{path} holds decimal numbers ({column.type}) as {name}, expected names. "
            "Write the column as text or integers from the source of the ids."
        )
    values = pa.compute.fill_null(column.cast(pa.string()), "").to_numpy()
    missing = values == ""
    if missing.any() and not empty:
        raise InputError(
            f"{path} has {missing.sum()} rows without a {name}, expected a name in "
            "each. Fill them in, or remove the rows."
        )
    return values


def read_numbers(column: pa.ChunkedArray, name: str, path: str) -> np.ndarray:
    """Turn a column into float64; missing values and empty text become NaN.

    Whole numbers above 2^53 are rounded: numbers are no ids.
    """
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = column.cast(pa.string())
        empty = pa.compute.equal(column, "")
        column = pa.compute.if_else(empty, pa.scalar(None, pa.string()), column)
    whole = pa.types.is_integer(column.type)
    try:
        return column.cast(pa.float64(), safe=not whole).to_numpy()
    except pa.ArrowException as error:
        raise InputError(
            f"{path} holds something else than numbers as {name} "
            f"({str(error).splitlines()[0]}). Correct the column."
        ) from error
