"""Tables of synapses from elsewhere, read into the columns of the project's own.

The config (section `tables`) says which column is what; `config/README.md` explains it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np
import pandas as pd

from neuropil.analysis.rows import find_rows, is_among
from neuropil.columns import (
    open_columns,
    read_ids,
    read_names,
    read_numbers,
    require_columns,
)
from neuropil.errors import InputError

# Unit in the config: column of the project, and factor to its unit.
SIZE_UNITS = {
    "um2": ("area_um2", 1.0),
    "nm2": ("area_um2", 1e-6),
    "um3": ("volume_um3", 1.0),
    "nm3": ("volume_um3", 1e-9),
    "voxel": ("voxel_count", 1.0),
}
PRE_POST = ("pre", "post")
LENGTH_UNITS = {"nm": 1.0, "um": 1000.0}
# Medians of sizes beyond these were given in another unit: synapses of real tissue have
# some 0.01 to 1 µm², and junctions some 0.0001 to 0.1 µm³.
PLAUSIBLE = {"area_um2": (1e-4, 100.0), "volume_um3": (1e-6, 100.0)}


def check_table(given: dict) -> None:
    """Refuse a table that lacks a column which the config names; reads its head alone.

    Parameters
    ----------
    given : entry of the config's section `tables`, with resolved paths
    """
    require_columns(given["path"], [*named_columns(given)])
    touching = given.get("touching")
    if touching:
        ends = touching["pre"], touching["post"]
        require_columns(touching["path"], [*ends, *touching.get("rows", {})])


def named_columns(given: dict) -> Iterator[str]:
    """Names of all columns that the config names."""
    yield from (given["pre"], given["post"], *given.get("rows", {}))
    if given.get("synapse"):
        yield given["synapse"]
    numbers = given.get("numbers", {}).values()
    for part in (given.get("size"), given.get("sign"), *numbers):
        if part:
            yield part["column"]
    position = given.get("position") or {}
    yield from (position[key] for key in ("z", "y", "x", "column") if key in position)


def read_synapses(given: dict) -> pd.DataFrame:
    """Read a table of synapses.

    Parameters
    ----------
    given : entry of the config's section `tables`, with its path resolved

    Returns
    -------
    Table of schema `given_schema`, of those columns that the config names: synapse,
    pre, post; area_um2, volume_um3 or voxel_count; z_nm, y_nm, x_nm; sign; numbers.
    Rows whose cell is 0, which is no cell, are left out.

    Raises
    ------
    InputError
        If a column is missing or holds what it should not, an id or a synapse comes
        twice, a size is negative, or sizes are implausible for their unit.
    """
    path = given["path"]
    stored = open_columns(path, [*named_columns(given)])
    rows = find_rows(stored, given.get("rows", {}), path)
    signs = read_signs(stored, given["sign"], path) if given.get("sign") else {}
    stored = stored.take(rows)
    columns = {"synapse": rows.astype("u8") + np.uint64(1)}
    if given.get("synapse"):
        columns["synapse"] = read_ids(stored[given["synapse"]], given["synapse"], path)
    columns |= read_cells(stored, given)
    columns |= read_sizes(stored, given["size"], path) if given.get("size") else {}
    if given.get("position"):
        columns |= read_places(stored, given["position"], path)
    columns |= {name: values[rows] for name, values in signs.items()}
    for name, number in given.get("numbers", {}).items():
        columns[name] = read_known(stored, number, path)
    table = pd.DataFrame(columns)
    no_cell = (table["pre"] == 0) | (table["post"] == 0)
    logging.info("%s: %d of %d rows without a cell", path, no_cell.sum(), len(table))
    check_repeated(table["synapse"], given)
    return settle_doubles(table[~no_cell], given)


def read_cells(stored, given: dict) -> dict[str, np.ndarray]:
    """Read both ends; names are numbered from 1 in their order, whichever end."""
    ends = {end: (stored[given[end]], given[end], given["path"]) for end in PRE_POST}
    if given["ids"] == "whole":
        return {end: read_ids(*column) for end, column in ends.items()}
    names = {end: read_names(*column) for end, column in ends.items()}
    both = np.concatenate([names["pre"], names["post"]])
    ids = np.unique(both, return_inverse=True)[1].astype("u8") + np.uint64(1)
    pre, post = np.split(ids, 2)
    named = {f"{end}_name": names[end] for end in PRE_POST}
    return {"pre": pre, "post": post, **named}


def read_known(stored, given: dict, path: str) -> np.ndarray:
    """Read a column of numbers; those that stand for unknown ones become NaN."""
    values = read_numbers(stored[given["column"]], given["column"], path)
    return np.where(np.isin(values, given.get("missing", [])), np.nan, values)


def read_sizes(stored, given: dict, path: str) -> dict[str, np.ndarray]:
    """Read sizes in the project's unit."""
    values = read_known(stored, given, path)
    wrong = (values < 0) | np.isinf(values)
    if wrong.any():
        raise InputError(
            f"{path} holds {values[wrong][0]:g} as {given['column']} ({wrong.sum()} "
            "such rows), expected sizes that are finite and not negative. If such a "
            "value stands for an unknown size, name it in size.missing."
        )
    name, factor = SIZE_UNITS[given["unit"]]
    values = values * factor
    if name == "voxel_count":
        return {name: as_whole(np.nan_to_num(values), given["column"], path)}
    check_unit(values, name, given, path)
    return {name: values}


def as_whole(values: np.ndarray, column: str, path: str) -> np.ndarray:
    """Turn voxel counts into whole numbers, or say which one is none."""
    wrong = values != np.round(values)
    if wrong.any():
        raise InputError(
            f"{path} holds {values[wrong][0]:g} as {column}, expected a whole number "
            "of voxels. If these are areas or volumes, give their unit in size.unit."
        )
    return values.astype("i8")


def check_unit(values: np.ndarray, name: str, given: dict, path: str) -> None:
    """Refuse sizes that no synapse has, but would have in another unit."""
    known = values[values > 0]
    low, high = PLAUSIBLE[name]
    if len(known) and not low <= np.median(known) <= high:
        raise InputError(
            f"{path} has a median {given['column']} of {np.median(known):.3g} "
            f"{name.rpartition('_')[2]} when read as {given['unit']}, expected {low:g} "
            f"to {high:g}. Correct size.unit: one of {', '.join(SIZE_UNITS)}."
        )


def read_places(stored, given: dict, path: str) -> dict[str, np.ndarray]:
    """Read places in nm; in one column of three numbers, or in a column per axis."""
    if "column" in given:
        values = read_triples(stored[given["column"]], given["column"], path)
        places = dict(zip(given["axes"], values.T))
    else:
        places = {a: read_numbers(stored[given[a]], given[a], path) for a in "zyx"}
    for axis, values in places.items():
        if not np.isfinite(values).all():
            raise InputError(
                f"{path} has {(~np.isfinite(values)).sum()} rows without a place along "
                f"{axis}, expected one in each. Fill them in, or leave out position."
            )
    if given["unit"] == "voxel":
        factors = given["voxel_size_nm"]
    else:
        factors = dict.fromkeys("zyx", LENGTH_UNITS[given["unit"]])
    return {f"{axis}_nm": places[axis] * factors[axis] for axis in "zyx"}


def read_triples(column, name: str, path: str) -> np.ndarray:
    """Read a column of lists, or texts, of three numbers: (N, 3) float."""
    texts = pd.Series([str(value) for value in column.to_pylist()], dtype=object)
    found = texts.str.findall(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")
    wrong = found.str.len() != 3
    if wrong.any():
        raise InputError(
            f"{path} holds {texts[wrong].iloc[0]!r} as {name}, expected three numbers. "
            "Name a column per axis instead (z, y, x), or correct the column."
        )
    return np.array(found.to_list(), float).reshape(-1, 3)


def read_signs(stored, given: dict, path: str) -> dict[str, np.ndarray]:
    """Read signs: 1 excitatory, -1 inhibitory, 0 for all other values."""
    column = stored[given["column"]]
    signs = np.zeros(len(column), "i1")
    for sign, kind in ((1, "excitatory"), (-1, "inhibitory")):
        signs[is_among(column, given[kind], given["column"], path)] = sign
    if len(signs) and not signs.any():
        found = ", ".join(sorted({str(value) for value in column.to_pylist()})[:8])
        raise InputError(
            f"{path} holds no value of sign.excitatory or sign.inhibitory as "
            f"{given['column']}; it holds {found}. Correct the values."
        )
    return {"sign": signs}


def check_repeated(synapses: pd.Series, given: dict) -> None:
    """Refuse an id that two synapses have."""
    double = synapses.duplicated()
    if double.any():
        raise InputError(
            f"{given['path']} names synapse {synapses[double].iloc[0]} in more than "
            f"one row ({double.sum()} such rows), expected each once. Remove the rows, "
            "or leave out `synapse`: rows are then numbered."
        )


def settle_doubles(table: pd.DataFrame, given: dict) -> pd.DataFrame:
    """Refuse, drop or keep synapses of the same cells in the same place, as asked."""
    same = [name for name in ("pre", "post", "z_nm", "y_nm", "x_nm") if name in table]
    asked = given["position"]["doubles"] if given.get("position") else "keep"
    double = table.duplicated(same)
    logging.info("%s: %d rows, %d doubles", given["path"], len(table), double.sum())
    if double.any() and asked == "refuse":
        row = table[double].iloc[0]
        place = ", ".join(f"{row[name]:g}" for name in same[2:])
        raise InputError(
            f"{given['path']} has {double.sum()} synapses of the same two cells in the "
            f"same place as another (one at z, y, x = {place} nm), expected each once. "
            "Set position.doubles to drop to count each once, or to keep if all are "
            "real."
        )
    kept = table if asked == "keep" else table[~double]
    return kept.reset_index(drop=True)


def read_touching(given: dict, synapses: pd.DataFrame) -> pd.DataFrame:
    """Read which pairs of cells touch, and whether each has a synapse.

    Parameters
    ----------
    given : entry of the config's section `tables`, with key touching
    synapses : table of `read_synapses`

    Returns
    -------
    One row per pair: pre, post (ids or names, as in the table), has_synapse
    """
    touching = given["touching"]
    path, columns = touching["path"], [touching[end] for end in PRE_POST]
    stored = open_columns(path, [*columns, *touching.get("rows", {})])
    stored = stored.take(find_rows(stored, touching.get("rows", {}), path))
    read = read_ids if given["ids"] == "whole" else read_names
    pairs = {end: read(stored[c], c, path) for end, c in zip(PRE_POST, columns)}
    pairs = pd.DataFrame(pairs).drop_duplicates(ignore_index=True)
    ends = [*PRE_POST] if given["ids"] == "whole" else ["pre_name", "post_name"]
    connected = pd.MultiIndex.from_frame(synapses[ends])
    return pairs.assign(has_synapse=pd.MultiIndex.from_frame(pairs).isin(connected))
