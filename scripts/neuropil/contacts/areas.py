"""Contacts of cells: sites of their supervoxels put together, with areas in µm².

In memory are a few numbers for each site. All else is added up by ranges of the pairs
of cells, and leaves in parts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.contacts.cell_pairs import NONE, CellPairs
from neuropil.partitions import (
    ROWS,
    SAMPLED,
    Partitions,
    rows_of_range,
    sampled_starts,
)
from neuropil.schemas.contacts import (
    CELLS,
    CONTACTS,
    FIRST,
    PAIR,
    PAIRS,
    SITE_CONTACTS,
    START,
    STOP,
    SUM,
)
from neuropil.stitching import Sets
from neuropil.table_parts import read_parts, write_parts

AREAS = [*CELLS, "area_um2"]
OF_AREAS = 4  # rows of these, which take the memory of one of sites
OF_SITES = ["group", *AREAS, *FIRST, *START, *STOP, "voxel_count", *SUM]


class Contacts(NamedTuple):
    """Tables of the contacts of cells in parts, each of the schema of its name.

    Each can be read once, and in this order alone.
    """

    pairs: Iterator[pd.DataFrame]
    contacts: Iterator[pd.DataFrame]
    site_contacts: Iterator[pd.DataFrame]


class SiteTables(NamedTuple):
    """What gives the tables of contact sites in parts, or some of their columns.

    Sites are numbered from 1, in this order.
    """

    sites: Callable[..., Iterable[pd.DataFrame]]
    touching: Callable[..., Iterable[pd.DataFrame]]
    strays: Callable[..., Iterable[pd.DataFrame]]

    @classmethod
    def of(cls, paths) -> SiteTables:
        """Read the tables from files; ``paths`` has an attribute for each."""
        files = (getattr(paths, name) for name in cls._fields)
        return cls(
            *(lambda columns=None, f=f: read_parts(f, columns=columns) for f in files)
        )


def measure_contacts(
    tables: SiteTables,
    cells: CellPairs,
    min_area_um2: float,
    folder: str | os.PathLike,
    rows: int = ROWS,
) -> Contacts:
    """Put the contact sites of supervoxels together to contacts of cells.

    Sites within a cell are dropped. Sites of the same two cells that touch are one
    contact. Lines that cross from cell to cell outside of any site of the two (near the
    rim of a contact, mostly) add to the areas of the two cells' contacts in proportion.

    Parameters
    ----------
    tables : contact sites of supervoxels
    cells : of the supervoxels
    min_area_um2 : smaller contacts are left out; the pairs' areas keep them
    folder : for files of more rows than are held; they are gone when all is read
    rows : of a part, about

    Raises
    ------
    InputError
        If a supervoxel of a site has no cell.
    """
    parts = tables.sites([*PAIR])
    numbers = np.concatenate([cells.number(part) for part in parts])
    groups = join_sites(numbers, tables.touching())
    every, held = min(SAMPLED, rows), rows_of_range(len(numbers), rows)
    sample = numbers[numbers != NONE][every - 1 :: every]
    starts = sampled_starts(sample, held, every)
    del numbers
    sites = Partitions(Path(folder, "sites"), starts, held)
    sort_sites(tables.sites(), groups, cells, sites)
    areas, behind = (
        Partitions(Path(folder, name), starts, OF_AREAS * held)
        for name in ("areas", "behind")
    )
    sort_areas(tables.strays(), cells, areas, behind)
    group_starts = np.arange(0, max(len(groups), 1), held)
    contacts = Partitions(Path(folder, "contacts"), group_starts, held)
    contact_of = np.zeros(len(groups), np.uint64)
    return Contacts(
        add_up_pairs(sites.beside(areas), contacts, cells, min_area_um2),
        number_contacts(contacts, contact_of),
        list_sites(groups, contact_of, rows),
    )


def write_contacts(paths, measured: Contacts, provenance: str) -> None:
    """Write the contacts of cells; ``paths`` has an attribute for each table."""
    write_parts(paths.pairs, measured.pairs, PAIRS, provenance)
    write_parts(paths.contacts, measured.contacts, CONTACTS, provenance)
    write_parts(paths.sites, measured.site_contacts, SITE_CONTACTS)


def join_sites(numbers: np.ndarray, touching: Iterable[pd.DataFrame]) -> np.ndarray:
    """Put sites of the same two cells that touch together.

    Parameters
    ----------
    numbers : (N,) uint64, pair of cells of each site (`CellPairs.number`)
    touching : site_a, site_b

    Returns
    -------
    (N,) int64, row of the first site of the contact of each
    """
    sets = Sets(len(numbers))
    for part in touching:
        links = part[["site_a", "site_b"]].to_numpy(np.uint64).astype(np.int64) - 1
        pair = numbers[links]
        sets.join(links[(pair[:, 0] == pair[:, 1]) & (pair[:, 0] != NONE)])
    return sets.roots()


def sort_sites(
    parts: Iterable[pd.DataFrame],
    groups: np.ndarray,
    cells: CellPairs,
    sites: Partitions,
) -> None:
    """Sort sites between two cells by these; ``groups`` is that of `join_sites`."""
    for part in parts:
        part = cells.add_to(part)
        group = groups[part["site"].to_numpy().astype(np.int64) - 1]
        sites.add(part.assign(group=group)[OF_SITES], part["pair"])


def sort_areas(
    strays: Iterable[pd.DataFrame],
    cells: CellPairs,
    areas: Partitions,
    behind: Partitions,
) -> None:
    """Sort the areas of strays by their cells: all of them, then those behind gaps.

    Areas are no whole numbers, so that the order in which they add up matters.
    """
    for part in strays:
        direct, other = cells.add_to(part), cells.look_behind(part)
        areas.add(direct[AREAS], direct["pair"])
        behind.add(other[[*AREAS, "pair"]], other["pair"])
    for part in behind:
        areas.add(part[AREAS], part["pair"])


def add_up_pairs(
    ranges: Iterable[tuple[pd.DataFrame, pd.DataFrame]],
    contacts: Partitions,
    cells: CellPairs,
    min_area_um2: float,
) -> Iterator[pd.DataFrame]:
    """Yield the pairs of cells, and put their contacts by.

    Parameters
    ----------
    ranges : sites, and areas outside of sites, of the same pairs of cells
    contacts : takes contacts by their group; those below ``min_area_um2`` are left out
    """
    for sites, areas in ranges:
        pairs = add_up_areas(pd.concat([sites[AREAS], areas]), CELLS)
        found = spread_strays(merge_sites(sites, cells.size), pairs)
        kept = found[found["area_um2"] >= min_area_um2]
        contacts.add(kept, kept["group"])
        count = kept.groupby([*CELLS]).size().rename("contact_count")
        yield pairs.join(count, on=[*CELLS]).fillna({"contact_count": 0})


def add_up_areas(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Add up the column ``area_um2`` of rows of equal keys, in the order of the rows.

    Rows that happen to be sorted pandas would add up in another order, with other last
    bits; a NaN, which it leaves out, keeps it from that.
    """
    table = table[[*keys, "area_um2"]]
    table = pd.concat([table, table[:1].assign(area_um2=np.nan)])
    return table.groupby([*keys], as_index=False).sum()


def merge_sites(sites: pd.DataFrame, voxel_size_nm: Sequence[float]) -> pd.DataFrame:
    """Add up the sites of each contact; rows are in the order of first voxels."""
    contacts = sites.groupby("group", as_index=False).agg(
        **{name: (name, "first") for name in (*CELLS, *FIRST)},
        **{name: (name, "min") for name in START},
        **{name: (name, "max") for name in STOP},
        **{name: (name, "sum") for name in ("voxel_count", *SUM)},
        site_count=("voxel_count", "size"),
    )
    for axis, total, size in zip("zyx", SUM, voxel_size_nm):
        mean = contacts.pop(total) / contacts["voxel_count"]
        contacts[f"{axis}_nm"] = (mean + 0.5) * size
    areas = add_up_areas(sites, ["group"])["area_um2"]
    return contacts.assign(area_um2=areas)


def spread_strays(contacts: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Scale the areas of each two cells' contacts so that they add up to the pair's."""
    of_contact = pd.MultiIndex.from_frame(contacts[[*CELLS]])
    total, sited = (
        table.set_index([*CELLS])["area_um2"].reindex(of_contact).to_numpy()
        for table in (pairs, add_up_areas(contacts, CELLS))
    )
    scale = np.divide(total, sited, out=np.ones_like(total), where=sited > 0)
    return contacts.assign(area_um2=contacts["area_um2"] * scale)


def number_contacts(
    contacts: Partitions, contact_of: np.ndarray
) -> Iterator[pd.DataFrame]:
    """Yield contacts, numbered by their first voxels, which is the order of groups.

    ``contact_of`` (N,) gets the contact of each group.
    """
    count = 0
    for part in contacts:
        part = part.sort_values("group", ignore_index=True)
        number = np.arange(count + 1, count + len(part) + 1, dtype=np.uint64)
        contact_of[part.pop("group")] = number
        count += len(part)
        yield part.assign(contact=number)


def list_sites(
    groups: np.ndarray, contact_of: np.ndarray, rows: int
) -> Iterator[pd.DataFrame]:
    """Yield sites and their contacts, of those sites that are part of one."""
    for start in range(0, len(groups), rows):
        contact = contact_of[groups[start : start + rows]]
        at = np.flatnonzero(contact)
        site = (at + start + 1).astype(np.uint64)
        yield pd.DataFrame({"site": site, "contact": contact[at]})
