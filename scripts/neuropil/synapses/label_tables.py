"""Tables of labelled candidates that people make, read exactly and checked.

All columns are read as text, whatever the file: a spreadsheet's words and numbers are
then judged here, row by row, and not guessed at.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from neuropil.columns import DELIMITERS, is_id, read_text
from neuropil.errors import InputError

SHOWN = 5  # rows that a message lists
VX, NM = ([f"{axis}_{unit}" for axis in "zyx"] for unit in ("vx", "nm"))
IDS = ["synapse", "cell_a", "cell_b"]
COLUMNS = [*IDS, "key", *VX, *NM, "synaptic", "pre", "sign", "split"]
JUDGED = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
SIGNS = {"": 0, "excitatory": 1, "asymmetric": 1, "1": 1, "+1": 1}
SIGNS |= {"inhibitory": -1, "symmetric": -1, "-1": -1}
NO_ID = (
    "Ids are whole numbers without sign, point or exponent, which confuse large ones."
)


def read_rows(path: str, voxel_size_nm: Sequence[float]) -> pd.DataFrame:
    """Read the rows that somebody judged.

    Parameters
    ----------
    path : CSV (commas or semicolons), TSV or Parquet
    voxel_size_nm : (z, y, x)

    Returns
    -------
    source_row (in the file, its header is 1), is_synaptic, pre_side (a, b or ""),
    pre_cell, cell_a, cell_b, synapse (uint64, 0 where the table says nothing), key,
    sign, split, z_nm, y_nm, x_nm (NaN without a place)

    Raises
    ------
    InputError
        If the file can't be read, lacks columns, or has a word, number or id that is
        none; the first five such rows are listed.
    """
    texts = read_columns(path)
    check_columns(texts, path)
    texts = texts.reindex(columns=["source_row", *COLUMNS], fill_value="")
    judged = texts["synaptic"] != ""
    logging.info("%s: %d rows, %d not judged", path, len(texts), (~judged).sum())
    check_unjudged(texts[~judged], path)
    texts = texts[judged].reset_index(drop=True)
    if texts.empty:
        raise InputError(
            f"{path} has no row with a word in column synaptic, expected yes or no in "
            "those that were looked at. Fill it in."
        )
    rows = texts[["source_row", "key", "split"]].copy()
    rows["is_synaptic"] = read_words(texts, "synaptic", JUDGED, path)
    rows["sign"] = read_words(texts, "sign", SIGNS, path).astype(np.int8)
    for name in IDS:
        rows[name] = read_ids(texts, name, path)
    rows[["pre_side", "pre_cell"]] = read_sides(texts, rows, path)
    rows[NM] = read_places(texts, voxel_size_nm, path)
    return rows


def read_columns(path: str) -> pd.DataFrame:
    """Read all columns of a table as text, by their names in small letters.

    Raises
    ------
    InputError
        If the file can't be read, or holds ids as decimal numbers.
    """
    suffix = Path(path).suffix.lower()
    try:
        if suffix == ".parquet":
            table = pa.parquet.read_table(path)
        elif suffix in DELIMITERS:
            table = read_text(path, find_delimiter(path, DELIMITERS[suffix]))
        else:
            raise InputError(
                f"{path} ends in {suffix or 'nothing'}, expected .csv, .tsv or "
                ".parquet. Save it as CSV, or rename it."
            )
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise InputError(
            f"{path} is no readable table ({str(error).splitlines()[0]}). Check that "
            "it exists, is complete and, if text, is UTF-8."
        ) from error
    names = [name.strip().lower() for name in table.column_names]
    for name, kind in zip(names, table.schema.types):
        if name in [*IDS, "pre"] and pa.types.is_floating(kind):
            raise InputError(
                f"{path} holds decimal numbers ({kind}) as {name}, expected whole ids: "
                "floats confuse those above 2^53. Write the column as whole numbers "
                "(in pandas UInt64, which may lack values) or as text."
            )
    columns = {name: as_texts(table.column(i)) for i, name in enumerate(names)}
    return pd.DataFrame(columns, dtype=object).assign(
        source_row=np.arange(2, table.num_rows + 2)
    )


def find_delimiter(path: str, usual: str) -> str:
    """Tell a CSV with semicolons, as some spreadsheets write them, by its header."""
    with open(path, encoding="utf-8-sig") as file:
        header = next(csv.reader(file, delimiter=";"), [])
    return ";" if usual == "," and len(header) > 1 else usual


def as_texts(column: pa.ChunkedArray) -> list[str]:
    """Text of each value; ``="7"``, which keeps spreadsheets from rounding, is 7."""
    values = column.to_pylist()
    texts = ("" if v is None or v != v else str(v).strip() for v in values)
    return [t[2:-1] if t.startswith('="') and t.endswith('"') else t for t in texts]


def check_columns(texts: pd.DataFrame, path: str) -> None:
    """Refuse a table without labels, or without a way to tell its candidates."""
    has_place = any({*group} <= {*texts} for group in (VX, NM, ["synapse", "key"]))
    if "synaptic" not in texts or not has_place:
        lacking = "place" if "synaptic" in texts else "column synaptic"
        names = [name for name in texts if name != "source_row"]
        raise InputError(
            f"{path} has no {lacking}; it has {', '.join(names) or 'no columns'}. "
            "Expected synaptic, and z_vx, y_vx, x_vx, or z_nm, y_nm, x_nm, or synapse "
            "and key of a sheet. Name its columns so."
        )
    unknown = [name for name in texts if name not in [*COLUMNS, "source_row", "number"]]
    if unknown:
        logging.info("%s: columns that are not used: %s", path, ", ".join(unknown))


def check_unjudged(texts: pd.DataFrame, path: str) -> None:
    """Refuse rows that say which cell or sign, but not whether it is a synapse."""
    said = (texts[["pre", "sign"]] != "").any(axis=1)
    refuse_rows(
        path,
        texts["source_row"][said],
        "a pre or a sign, but nothing in column synaptic",
        "Write yes or no there, or empty the others.",
    )


def refuse_rows(
    path: str,
    rows: Iterable[int],
    found: str,
    way_out: str,
    details: Sequence[str] | None = None,
) -> None:
    """Raise an error that lists the first rows that are wrong, if there are any.

    All of them are in the log.

    Parameters
    ----------
    rows : numbers of rows in the file
    found, way_out : what they hold or are, and what to do
    details : per row, what to say of it
    """
    rows = [*rows]
    if not rows:
        return
    details = details or [""] * len(rows)
    listed = [f"{r} ({d})" if d else str(r) for r, d in zip(rows, details)][:SHOWN]
    more = ""
    if len(rows) > SHOWN:
        logging.error("%s: %s: rows %s", path, found, ", ".join(map(str, rows)))
        more = f" and {len(rows) - SHOWN} more, all in the log"
    raise InputError(
        f"{path}: {found}: row {', '.join(listed)}{more} (the header is row 1). "
        f"{way_out}"
    )


def read_values(
    texts: pd.DataFrame, name: str, read: Callable, path: str, way_out: str
) -> list:
    """Read each text of a column; what ``read`` gives None for is refused."""
    values = [read(text) for text in texts[name]]
    wrong = [i for i, value in enumerate(values) if value is None]
    refuse_rows(
        path,
        texts["source_row"].iloc[wrong],
        f"not understood in column {name}",
        way_out,
        [repr(texts[name].iloc[i]) for i in wrong],
    )
    return values


def read_words(texts: pd.DataFrame, name: str, words: Mapping, path: str) -> np.ndarray:
    """Read a column that holds one of some words; capitals don't matter."""
    known = ", ".join(word or "nothing" for word in words)
    values = read_values(
        texts,
        name,
        lambda text: words.get(text.lower().removesuffix(".0")),
        path,
        f"Expected one of {known}.",
    )
    return np.array(values)


def read_ids(texts: pd.DataFrame, name: str, path: str) -> np.ndarray:
    """Read a column of ids as uint64, 0 where there is none."""
    read = {"": 0}
    way_out = f"{NO_ID} A sheet writes them so that spreadsheets keep them as text."
    values = read_values(
        texts,
        name,
        lambda text: int(text) if is_id(text) else read.get(text),
        path,
        way_out,
    )
    return np.array(values, np.uint64)


def read_sides(texts: pd.DataFrame, rows: pd.DataFrame, path: str) -> pd.DataFrame:
    """Read which cell is presynaptic: a letter, or an id.

    A letter means the cell that the row itself names so, if it does: in another run the
    same cells may be called the other way round.
    """
    sides = texts["pre"].str.lower()
    is_letter = sides.isin(["a", "b"])
    numbers = texts.assign(pre=texts["pre"].mask(is_letter, ""))
    cells = read_ids(numbers, "pre", path)
    named = np.where(sides == "a", rows["cell_a"], rows["cell_b"])
    cells = np.where(is_letter, named, cells).astype(np.uint64)
    return pd.DataFrame({"side": sides.where(is_letter, ""), "cell": cells})


def read_places(
    texts: pd.DataFrame, voxel_size_nm: Sequence[float], path: str
) -> np.ndarray:
    """Read places (N, 3) in nm, z, y, x; of voxels, that of their middle.

    Raises
    ------
    InputError
        If a row's voxel and place in nm are more than a voxel apart.
    """
    size = np.asarray(voxel_size_nm, float)
    voxels = read_triples(texts, VX, path, whole=True)
    lengths = read_triples(texts, NM, path, whole=False)
    middles = (voxels + 0.5) * size
    apart = (np.abs(middles - lengths) > size).any(axis=1)
    refuse_rows(
        path,
        texts["source_row"][apart],
        "z_vx, y_vx, x_vx and z_nm, y_nm, x_nm are different places",
        f"Voxels are {' x '.join(f'{s:g}' for s in size)} nm (z, y, x), counted from 0 "
        "at the dataset's first. Correct one of them, or leave it out.",
    )
    return np.where(np.isnan(voxels), lengths, middles)


def read_triples(
    texts: pd.DataFrame, names: list[str], path: str, whole: bool
) -> np.ndarray:
    """Read three columns of numbers (N, 3); NaN where all three are empty."""
    if whole:
        way_out = "Voxels are whole numbers; give other places as z_nm, y_nm, x_nm."
    else:
        way_out = "Expected a number with a decimal point."
    empty = (texts[names] == "").all(axis=1)
    given, out = texts[~empty], np.full((len(texts), 3), np.nan)
    for axis, name in enumerate(names):
        values = read_values(
            given, name, lambda t: read_number(t, whole), path, way_out
        )
        out[~empty, axis] = values
    return out


def read_number(text: str, whole: bool) -> float | None:
    """Read a finite number, or None if text is none, or not a whole one."""
    try:
        value = float(text)
    except ValueError:
        return None
    good = np.isfinite(value) and (not whole or value.is_integer())
    return value if good else None
