"""Contacts of cells: sites of their supervoxels put together, with areas in µm²."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.errors import InputError
from neuropil.schemas.contacts import (
    BEHIND,
    CELLS,
    CROSSINGS,
    FIRST,
    PAIR,
    START,
    STOP,
    SUM,
)
from neuropil.stitching import union_find
from neuropil.surface import DIRECTIONS, crofton_area


class Contacts(NamedTuple):
    """Tables of the contacts of cells, each of the schema of its name."""

    contacts: pd.DataFrame
    pairs: pd.DataFrame
    site_contacts: pd.DataFrame


class SiteTables(NamedTuple):
    """Tables of contact sites that `measure_contacts` starts from; strays in parts."""

    sites: pd.DataFrame
    touching: pd.DataFrame
    strays: Iterable[pd.DataFrame]


def measure_contacts(
    tables: SiteTables,
    membership: pd.DataFrame,
    voxel_size_nm: Sequence[float],
    min_area_um2: float,
) -> Contacts:
    """Put the contact sites of supervoxels together to contacts of cells.

    Sites within a cell are dropped. Sites of the same two cells that touch are one
    contact. Lines that cross from cell to cell outside of any site of the two (near the
    rim of a contact, mostly) add to the areas of the two cells' contacts in proportion.

    Parameters
    ----------
    tables : contact sites of supervoxels
    membership : supervoxel, cell
    voxel_size_nm : (z, y, x)
    min_area_um2 : smaller contacts are left out; the pairs' areas keep them

    Raises
    ------
    InputError
        If a supervoxel of a site has no cell.
    """
    cells = pd.Series(membership["cell"].to_numpy(), membership["supervoxel"])
    sites = add_cells(tables.sites, cells, voxel_size_nm)
    sites = join_sites(sites, tables.touching)
    pairs = add_up_pairs(sites, tables.strays, cells, voxel_size_nm)
    contacts = merge_sites(sites, voxel_size_nm)
    contacts = spread_strays(contacts, pairs)
    kept = contacts[contacts["area_um2"] >= min_area_um2]
    kept = kept.assign(contact=np.arange(1, len(kept) + 1, dtype=np.uint64))
    count = kept.groupby(list(CELLS)).size().rename("contact_count")
    pairs = pairs.join(count, on=list(CELLS)).fillna({"contact_count": 0})
    number = kept.set_index("group")["contact"].reindex(sites["group"]).to_numpy()
    site_contacts = sites[["site"]].assign(contact=number).dropna()
    return Contacts(kept.drop(columns="group"), pairs, site_contacts)


def add_cells(
    table: pd.DataFrame, cells: pd.Series, voxel_size_nm: Sequence[float]
) -> pd.DataFrame:
    """Give pairs of supervoxels their cells and areas; drop those of one cell."""
    a, b = (find_cells(table[name].to_numpy(), cells) for name in PAIR)
    area = np.zeros(len(table))
    for side in range(2):
        columns = list(CROSSINGS[side * len(DIRECTIONS) :][: len(DIRECTIONS)])
        area += crofton_area(table[columns].to_numpy(), voxel_size_nm) / 2
    table = table.assign(
        cell_a=np.minimum(a, b), cell_b=np.maximum(a, b), area_um2=area
    )
    return table[a != b].reset_index(drop=True)


def add_up_pairs(
    sites: pd.DataFrame,
    strays: Iterable[pd.DataFrame],
    cells: pd.Series,
    voxel_size_nm: Sequence[float],
) -> pd.DataFrame:
    """Add up the area of each two cells: sites, then strays, then those behind gaps.

    Of the strays just cells and areas are kept, whatever parts they come in.
    """
    kept, behind = [*CELLS, "area_um2"], []
    areas = [sites[kept]]
    for part in strays:
        areas.append(add_cells(part, cells, voxel_size_nm)[kept])
        behind.append(look_behind(part, cells, voxel_size_nm)[kept])
    return pd.concat(areas + behind).groupby(kept[:2], as_index=False).sum()


def look_behind(
    strays: pd.DataFrame, cells: pd.Series, voxel_size_nm: Sequence[float]
) -> pd.DataFrame:
    """Give strays between pieces of one cell to the cell behind the gap.

    Returns a table as of `add_cells`.
    """
    a, b = (find_cells(strays[name].to_numpy(), cells) for name in PAIR)
    table = strays[(a == b) & (strays[BEHIND] != 0).to_numpy()]
    return add_cells(table.assign(**{PAIR[1]: table[BEHIND]}), cells, voxel_size_nm)


def find_cells(supervoxels: np.ndarray, cells: pd.Series) -> np.ndarray:
    """Cells of supervoxels."""
    row = cells.index.get_indexer(supervoxels)
    if (row < 0).any():
        missing = np.unique(supervoxels[row < 0])
        raise InputError(
            f"{len(missing)} supervoxels have contacts but no cell, such as "
            f"{missing[0]}. Run snakemake again to make cells/membership.parquet anew."
        )
    return cells.to_numpy()[row]


def join_sites(sites: pd.DataFrame, touching: pd.DataFrame) -> pd.DataFrame:
    """Add the column ``group``: sites of the same two cells that touch have one."""
    row = pd.Series(np.arange(len(sites)), sites["site"])
    ends = [row.index.get_indexer(touching[name]) for name in ("site_a", "site_b")]
    links = np.stack(ends, axis=1)
    links = links[(links >= 0).all(axis=1)]
    pair = sites[list(CELLS)].to_numpy()
    same = (pair[links[:, 0]] == pair[links[:, 1]]).all(axis=1)
    return sites.assign(group=union_find(len(sites), links[same]))


def merge_sites(sites: pd.DataFrame, voxel_size_nm: Sequence[float]) -> pd.DataFrame:
    """Add up the sites of each contact; rows are in the order of first voxels."""
    contacts = sites.groupby("group", as_index=False).agg(
        **{name: (name, "first") for name in (*CELLS, *FIRST)},
        **{name: (name, "min") for name in START},
        **{name: (name, "max") for name in STOP},
        **{name: (name, "sum") for name in ("voxel_count", "area_um2", *SUM)},
        site_count=("site", "size"),
    )
    for axis, total, size in zip("zyx", SUM, voxel_size_nm):
        mean = contacts.pop(total) / contacts["voxel_count"]
        contacts[f"{axis}_nm"] = (mean + 0.5) * size
    return contacts


def spread_strays(contacts: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Scale the areas of each two cells' contacts so that they add up to the pair's."""
    total = pairs.set_index(list(CELLS))["area_um2"]
    total = total.reindex(pd.MultiIndex.from_frame(contacts[list(CELLS)])).to_numpy()
    sited = contacts.groupby(list(CELLS))["area_um2"].transform("sum").to_numpy()
    scale = np.divide(total, sited, out=np.ones_like(total), where=sited > 0)
    return contacts.assign(area_um2=contacts["area_um2"] * scale)
