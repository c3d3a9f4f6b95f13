"""Join the labels of all chunks to contact sites, with ids that no grid changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.contacts.adjacency import Rim, find_links
from neuropil.grid import Grid, voxel_coordinates
from neuropil.schemas.contacts import CROSSINGS, FIRST, PAIR, START, STOP, SUM
from neuropil.stitching import distinct_pairs, union_find
from neuropil.storage import read_table

TABLES = ("fragments", "links", "rim")
SUMS = ["voxel_count", *SUM, *CROSSINGS]


class Linked(NamedTuple):
    """Tables of the contact sites of a volume, each of the schema of its name."""

    sites: pd.DataFrame
    labels: pd.DataFrame
    touching: pd.DataFrame


def read_chunks(paths, grid: Grid) -> dict[str, Callable[[str], pd.DataFrame]]:
    """Give functions that read the tables of a chunk.

    ``paths`` has, for each table, the files of all chunks in the order of the grid.
    """
    files = {name: dict(zip(grid.chunks, getattr(paths, name))) for name in TABLES}
    return {
        name: lambda chunk, of=of: read_table(of[chunk]) for name, of in files.items()
    }


def link_contacts(
    read: Mapping[str, Callable[[str], pd.DataFrame]], grid: Grid
) -> Linked:
    """Join the labels of all chunks to sites.

    Labels of one pair of supervoxels that touch are one site. Sites are numbered by
    their first voxel.

    Parameters
    ----------
    read : per table of a chunk, what gives it (`read_chunks`)
    grid : of the chunks
    """
    fragments = {chunk: read["fragments"](chunk) for chunk in grid.chunks}
    sizes = [len(table) for table in fragments.values()]
    offsets = dict(zip(grid.chunks, np.cumsum([0, *sizes])[:-1]))
    table = pd.concat(fragments, names=["chunk", "row"]).reset_index(level="chunk")
    links = number_links(read, grid, offsets)
    pair = table[list(PAIR)].to_numpy()
    same = (pair[links[:, 0]] == pair[links[:, 1]]).all(axis=1)
    sites, site = merge_fragments(table, union_find(len(table), links[same]), grid)
    touching = distinct_pairs(np.sort(site[links[~same]], axis=1))
    return Linked(
        sites,
        table[["chunk", "label"]].assign(site=site),
        pd.DataFrame({"site_a": touching[:, 0], "site_b": touching[:, 1]}),
    )


def number_links(read: Mapping, grid: Grid, offsets: Mapping[str, int]) -> np.ndarray:
    """Pairs (N, 2) of rows of the table of all fragments that touch."""
    parts = [np.empty((0, 2), np.int64)]
    for chunk in grid.chunks:
        pairs = read["links"](chunk)[["label_a", "label_b"]].to_numpy(np.int64)
        parts.append(pairs - 1 + offsets[chunk])
    for chunk, other in chunk_pairs(grid):
        rims = [read_rim(read["rim"], name, grid) for name in (chunk, other)]
        pairs = find_links(*rims).astype(np.int64)
        parts.append(pairs - 1 + np.array([offsets[chunk], offsets[other]]))
    return np.concatenate(parts)


def chunk_pairs(grid: Grid) -> list[tuple[str, str]]:
    """All pairs of chunks that touch, each once."""
    return [(c, o) for c in grid.chunks for o in grid.neighbours(c) if c < o]


def read_rim(read: Callable[[str], pd.DataFrame], chunk: str, grid: Grid) -> Rim:
    """Read the rim of a chunk."""
    rim = read(chunk)
    place = np.stack(voxel_coordinates(rim["index"], grid.box.stop))
    return Rim(grid.core(chunk), place.T, rim["label"].to_numpy())


def merge_fragments(
    table: pd.DataFrame, roots: np.ndarray, grid: Grid
) -> tuple[pd.DataFrame, np.ndarray]:
    """Add up the fragments of each site.

    Returns
    -------
    sites : table of schema ``contact_sites``
    site : (N,) uint64, site of each fragment
    """
    group = table.assign(root=roots).groupby("root", sort=True)
    sites = group.agg(
        **{name: (name, "first") for name in PAIR},
        first_index=("first_index", "min"),
        **{name: (name, "min") for name in START},
        **{name: (name, "max") for name in STOP},
        **{name: (name, "sum") for name in SUMS},
    )
    sites = sites.sort_values("first_index")
    sites.insert(0, "site", np.arange(1, len(sites) + 1, dtype=np.uint64))
    site = sites["site"].reindex(roots).to_numpy()
    first = voxel_coordinates(sites.pop("first_index"), grid.box.stop)
    return sites.reset_index(drop=True).assign(**dict(zip(FIRST, first))), site
