"""Join the labels of all chunks to contact sites, with ids that no grid changes.

In memory are a few numbers for each label, and links between chunks. All else is read,
added up and written in parts, for any number of chunks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.contacts.adjacency import Rim, find_links
from neuropil.grid import Box, Grid, voxel_coordinates
from neuropil.partitions import ROWS, Partitions, even_starts, rows_of_range
from neuropil.schemas.contacts import (
    CROSSINGS,
    FIRST,
    LABELS,
    PAIR,
    SITES,
    START,
    STOP,
    SUM,
    TOUCHING,
)
from neuropil.stitching import Sets, distinct_pairs
from neuropil.table_parts import read_parts, write_parts

TABLES = ("fragments", "links", "rim")
SUMS = ["voxel_count", *SUM, *CROSSINGS]
LINKS = 8  # which take the memory of a row of sites, or less
CHUNKS_HELD = 16  # chunks whose pairs of supervoxels are kept, since others touch them
Read = Callable[..., Iterable[pd.DataFrame]]


class Linked(NamedTuple):
    """Tables of the contact sites of a volume in parts, of the schemas of their names.

    Each can be read once, one after the other.
    """

    sites: Iterator[pd.DataFrame]
    labels: Iterator[pd.DataFrame]
    touching: Iterator[pd.DataFrame]


class Crossing(NamedTuple):
    """Labels (N, 2) of two chunks that touch and are of different supervoxels."""

    chunk: str
    other: str
    labels: np.ndarray


def read_chunks(paths, grid: Grid) -> dict[str, Read]:
    """Give functions that read the tables of a chunk in parts, or some columns of them.

    ``paths`` has, for each table, the files of all chunks in the order of the grid.
    """
    files = {name: dict(zip(grid.chunks, getattr(paths, name))) for name in TABLES}
    return {
        name: lambda chunk, columns=None, of=of: read_parts(of[chunk], columns=columns)
        for name, of in files.items()
    }


def write_linked(
    paths,
    read: Mapping[str, Read],
    grid: Grid,
    folder: str | os.PathLike,
    rows: int = ROWS,
) -> None:
    """Write the tables of `link_contacts`; ``paths`` has an attribute for each."""
    linked = link_contacts(read, grid, folder, rows)
    schemas = (SITES, LABELS, TOUCHING)
    for name, parts, schema in zip(linked._fields, linked, schemas):
        write_parts(getattr(paths, name), parts, schema)


def link_contacts(
    read: Mapping[str, Read], grid: Grid, folder: str | os.PathLike, rows: int = ROWS
) -> Linked:
    """Join the labels of all chunks to sites.

    Labels of one pair of supervoxels that touch are one site. Sites are numbered by
    their first voxel.

    Parameters
    ----------
    read : per table of a chunk, what gives it (`read_chunks`)
    grid : of the chunks
    folder : for files of more rows than are held; they are gone when all is read
    rows : of a part
    """
    first = {chunk: read_column(read, chunk, "first_index") for chunk in grid.chunks}
    ends = np.cumsum([len(column) for column in first.values()])
    bounds = {
        chunk: slice(int(stop) - len(first[chunk]), int(stop))
        for chunk, stop in zip(first, ends)
    }
    first = np.concatenate([*first.values()])
    roots, crossings, count = join_labels(read, grid, bounds)
    site = number_sites(roots, first)
    del first, roots
    sizes = np.bincount(site.view(np.int64))
    held = rows_of_range(len(site), rows)
    sites = Partitions(Path(folder, "sites"), even_starts(sizes, held), held)
    held = rows_of_range(count, LINKS * rows)
    starts = even_starts(sizes, max(1, held * len(site) // max(count, 1)))
    touching = Partitions(Path(folder, "touching"), starts, held)
    of_chunk = {chunk: site[rows] for chunk, rows in bounds.items()}
    return Linked(
        add_up_sites(read, of_chunk, sites, grid),
        list_labels(of_chunk, rows),
        find_touching(read, of_chunk, crossings, touching),
    )


def read_column(read: Mapping[str, Read], chunk: str, name: str) -> np.ndarray:
    """Read a column of the fragments of a chunk."""
    parts = read["fragments"](chunk, [name])
    return np.concatenate([part[name].to_numpy() for part in parts])


def read_pairs(read: Mapping[str, Read], chunk: str) -> np.ndarray:
    """Read the pairs (N, 2) of supervoxels of a chunk's labels."""
    parts = read["fragments"](chunk, [*PAIR])
    return np.concatenate([part[[*PAIR]].to_numpy(np.uint64) for part in parts])


def join_labels(
    read: Mapping[str, Read], grid: Grid, bounds: Mapping[str, slice]
) -> tuple[np.ndarray, list[Crossing], int]:
    """Put labels of one pair of supervoxels that touch together.

    Parameters
    ----------
    bounds : per chunk, where its fragments lie among those of all

    Returns
    -------
    roots : (N,) int64, first fragment of the site of each fragment
    crossings : links of different pairs between chunks
    count : of all links of different pairs
    """
    pairs_of = lru_cache(CHUNKS_HELD)(lambda chunk: read_pairs(read, chunk))
    sets, crossings, count = Sets(bounds[grid.chunks[-1]].stop), [], 0
    for chunk in grid.chunks:
        first, pairs = bounds[chunk].start, pairs_of(chunk)
        for rows in read_links(read, chunk):
            same = (pairs[rows[:, 0]] == pairs[rows[:, 1]]).all(axis=1)
            sets.join(rows[same] + first)
            count += int(np.sum(~same))
        for other, labels in find_crossings(read, grid, chunk):
            rows = labels.astype(np.int64) - 1
            same = (pairs[rows[:, 0]] == pairs_of(other)[rows[:, 1]]).all(axis=1)
            sets.join(rows[same] + (first, bounds[other].start))
            crossings.append(Crossing(chunk, other, labels[~same]))
            count += int(np.sum(~same))
    return sets.roots(), crossings, count


def read_links(read: Mapping[str, Read], chunk: str) -> Iterator[np.ndarray]:
    """Yield pairs (N, 2) of fragments of a chunk that touch, by their rows in it."""
    for part in read["links"](chunk):
        yield part[["label_a", "label_b"]].to_numpy(np.int64) - 1


def find_crossings(
    read: Mapping[str, Read], grid: Grid, chunk: str
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the chunks behind a chunk that touch it, and the labels (N, 2) that do."""
    others = [other for other in grid.neighbours(chunk) if chunk < other]
    core = grid.core(chunk)
    rim = read_rim(read, chunk, grid, core) if others else None
    for other in others:
        yield other, find_links(rim, read_rim(read, other, grid, core.grow(1)))


def read_rim(read: Mapping[str, Read], chunk: str, grid: Grid, near: Box) -> Rim:
    """Read the rim of a chunk, as far as it lies in a box."""
    core, places, labels = grid.core(chunk), [], []
    for part in read["rim"](chunk):
        place = np.stack(voxel_coordinates(part["index"], grid.box.stop))
        rim = Rim(core, place.T, part["label"].to_numpy()).inside(near)
        places.append(rim.place.T)
        labels.append(rim.label)
    return Rim(core, np.concatenate(places, axis=1).T, np.concatenate(labels))


def number_sites(roots: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Give sites numbers in the order of their first voxels.

    Parameters
    ----------
    roots : (N,) int64, first fragment of the site of each fragment
    first : (N,) uint64, index of the first voxel of each fragment; overwritten

    Returns
    -------
    (N,) uint64, site of each fragment, from 1
    """
    np.minimum.at(first, roots, first.copy())
    kept = np.flatnonzero(roots == np.arange(len(roots)))
    kept = kept[np.argsort(first[kept])]
    first[kept] = np.arange(1, len(kept) + 1, dtype=np.uint64)
    return first[roots]


def add_up_sites(
    read: Mapping[str, Read],
    of_chunk: Mapping[str, np.ndarray],
    partitions: Partitions,
    grid: Grid,
) -> Iterator[pd.DataFrame]:
    """Yield the sites, added up of their fragments.

    Parameters
    ----------
    of_chunk : per chunk, the site of each fragment
    partitions : by site
    """
    for chunk, site in of_chunk.items():
        done = 0
        for part in read["fragments"](chunk):
            part = part.drop(columns="label").assign(site=site[done:][: len(part)])
            partitions.add(part, part["site"])
            done += len(part)
    for part in partitions:
        yield merge_fragments(part, grid)


def merge_fragments(table: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Add up the fragments of each site to a table of schema ``contact_sites``."""
    sites = table.groupby("site", as_index=False, sort=True).agg(
        **{name: (name, "first") for name in PAIR},
        first_index=("first_index", "min"),
        **{name: (name, "min") for name in START},
        **{name: (name, "max") for name in STOP},
        **{name: (name, "sum") for name in SUMS},
    )
    first = voxel_coordinates(sites.pop("first_index"), grid.box.stop)
    return sites.assign(**dict(zip(FIRST, first)))


def list_labels(
    of_chunk: Mapping[str, np.ndarray], rows: int
) -> Iterator[pd.DataFrame]:
    """Yield labels and their sites, chunk by chunk in the order of their names."""
    for chunk, sites in sorted(of_chunk.items()):
        for start in range(0, len(sites), rows):
            site = sites[start : start + rows]
            label = np.arange(start + 1, start + len(site) + 1, dtype=np.uint32)
            yield pd.DataFrame({"chunk": chunk, "label": label, "site": site})


def find_touching(
    read: Mapping[str, Read],
    of_chunk: Mapping[str, np.ndarray],
    crossings: Iterable[Crossing],
    partitions: Partitions,
) -> Iterator[pd.DataFrame]:
    """Yield the sites of different pairs that touch, each two once.

    Parameters
    ----------
    of_chunk : per chunk, the site of each fragment
    partitions : by the site of the smaller id
    """
    for chunk, site in of_chunk.items():
        for rows in read_links(read, chunk):
            add_touching(site[rows], partitions)
    for chunk, other, labels in crossings:
        one, two = (of_chunk[c][n - 1] for c, n in zip((chunk, other), labels.T))
        add_touching(np.stack([one, two], axis=1), partitions)
    for part in partitions:
        pairs = distinct_pairs(part.to_numpy())
        yield pd.DataFrame({"site_a": pairs[:, 0], "site_b": pairs[:, 1]})


def add_touching(sites: np.ndarray, partitions: Partitions) -> None:
    """Add those pairs (N, 2) of sites that are two, the smaller one first."""
    sites = np.sort(sites[sites[:, 0] != sites[:, 1]], axis=1)
    table = pd.DataFrame({"site_a": sites[:, 0], "site_b": sites[:, 1]})
    partitions.add(table, sites[:, 0])
