"""Candidates of synapses: one per place where a junction lies between two cells."""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.cells import map_to_cells
from neuropil.partitions import ROWS, Partitions, even_starts, rows_of_range
from neuropil.schemas.synapses import BEHIND, COUNTS, CROSSINGS
from neuropil.synapses.joining import (
    CELLS,
    START,
    STOP,
    SUPERVOXELS,
    Joining,
    ReadVoxels,
    join_fragments,
)
from neuropil.synapses.places import (
    SUM,
    VOXEL,
    VoxelTables,
    find_places,
    read_fragments,
    visit_voxels,
)
from neuropil.table_parts import join_parts, read_parts

FIRST = [f"first_{a}_vx" for a in "zyx"]
SIDES = [SUPERVOXELS, CELLS] + [
    [name, name.replace("_a_", "_b_")] for name in CROSSINGS if "_a_" in name
]
BIN_VOXELS = 8  # voxels of a synapse for each row of points, or more


class Pieces(NamedTuple):
    """What chunks hold of synapses; tables in parts, each read once.

    Attributes
    ----------
    fragments : of schema ``synapse_fragments``, with the number of their chunk
    voxels : called with the number of a chunk, gives its voxels in parts
    patches : of schema ``synapse_patches``
    """

    fragments: Iterable[pd.DataFrame]
    voxels: ReadVoxels
    patches: Iterable[pd.DataFrame]

    @classmethod
    def of(cls, paths) -> Pieces:
        """Read the tables of all chunks; ``paths`` has their files for each."""
        fragments, voxels = read_fragments(paths.fragments), VoxelTables(paths.voxels)
        patches = itertools.chain.from_iterable(map(read_parts, paths.patches))
        return cls(join_parts(fragments), voxels, join_parts(patches))


class Synapses(NamedTuple):
    """Candidates of synapses: tables of schemas ``synapse_...`` and their names.

    The points come in parts, to be read once.
    """

    candidates: pd.DataFrame
    points: Iterator[pd.DataFrame]
    members: pd.DataFrame


def merge_synapses(
    pieces: Pieces,
    membership: pd.DataFrame,
    voxel_size_nm: Sequence[float],
    settings: Mapping[str, float],
    folder: str | os.PathLike,
    rows: int = ROWS,
) -> Synapses:
    """Join the fragments of all chunks to candidates of synapses.

    Those between two cells are held in memory, but neither their voxels nor patches.

    Parameters
    ----------
    pieces : of all chunks
    membership : supervoxel, cell
    voxel_size_nm : (z, y, x)
    settings : same_pair_nm, across_nm, min_size_vx, min_sym_ratio, points_nm, as in
        the section ``synapses`` of the config
    folder : for files of more points than are held; they are gone when all is read
    rows : points of a part, about
    """
    table = list_fragments(pieces.fragments, membership)
    joining = Joining.of(settings, voxel_size_nm)
    table["root"] = join_fragments(table, pieces.voxels, voxel_size_nm, joining)
    candidates = add_up(table, settings["min_size_vx"])
    patches = (
        assign_cells(look_behind(part, membership), membership)
        for part in pieces.patches
    )
    candidates = add_lines(candidates, table, patches)
    visits = visit_voxels(candidates, table, pieces.voxels)
    sizes = candidates["voxel_count"].to_numpy()
    rows = rows_of_range(int(sizes.sum()) // BIN_VOXELS, rows)
    bins = Partitions(folder, even_starts(sizes, BIN_VOXELS * rows), rows)
    settings_of_bins = (voxel_size_nm, settings["points_nm"])
    middles, points = find_places(candidates, visits, *settings_of_bins, bins)
    candidates[VOXEL] = middles
    sign = judge_sign(
        candidates["sym_count"], candidates["asym_count"], settings["min_sym_ratio"]
    )
    members = list_members(candidates, table)
    candidates = candidates.drop(columns=["root", *SUM, *FIRST]).join(sign)
    return Synapses(candidates, name_synapses(points, candidates), members)


def list_fragments(
    parts: Iterable[pd.DataFrame], membership: pd.DataFrame
) -> pd.DataFrame:
    """List the fragments between two cells, with these (`assign_cells`)."""
    tables, count = [], 0
    for part in parts:
        count += len(part)
        tables.append(assign_cells(part, membership))
    table = pd.concat(tables, ignore_index=True)
    logging.info("%d fragments, %d between two cells", count, len(table))
    return table


def name_synapses(
    points: Iterable[pd.DataFrame], candidates: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """Give points, known by the row of their candidate, its id."""
    synapses = candidates["synapse"].to_numpy()
    for part in points:
        synapse = synapses[part.pop("row")]
        yield part.assign(synapse=synapse)


def list_members(candidates: pd.DataFrame, fragments: pd.DataFrame) -> pd.DataFrame:
    """List the fragments of each candidate, by the number of their chunk and own."""
    members = fragments.merge(candidates[["root", "synapse"]], on="root")
    return members[["chunk", "fragment", "synapse"]]


def assign_cells(table: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Give pairs of supervoxels their cells; leave out those of one cell or of none.

    Side a becomes that of the cell with the smaller id; columns per side are swapped to
    match.
    """
    cells = {
        f"cell_{s}": map_to_cells(table[f"supervoxel_{s}"], membership) for s in "ab"
    }
    table = table.assign(**cells)
    between = table["cell_a"] != table["cell_b"]
    table = table[between & (table["cell_a"] != 0) & (table["cell_b"] != 0)].copy()
    swap = (table["cell_a"] > table["cell_b"]).to_numpy()
    for first, second in (pair for pair in SIDES if pair[0] in table):
        a, b = table[first].to_numpy(), table[second].to_numpy()
        table[first], table[second] = np.where(swap, b, a), np.where(swap, a, b)
    return table.reset_index(drop=True)


def look_behind(patches: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Give patches between pieces of one cell to what is behind the gap they cross."""
    a, b = (map_to_cells(patches[name], membership) for name in SUPERVOXELS)
    one = (a == b) & (patches[BEHIND] != 0)
    table = patches.copy()
    table.loc[one, SUPERVOXELS[1]] = table.loc[one, BEHIND]
    for first, second in SIDES[2:]:  # all of them leave the one cell
        table.loc[one, first] += table.loc[one, second]
        table.loc[one, second] = 0
    return table


def add_up(fragments: pd.DataFrame, min_size_vx: int) -> pd.DataFrame:
    """Add up the fragments of each synapse and number those that are large enough.

    Parameters
    ----------
    fragments : table of `assign_cells`, with ``root`` as `join_fragments` finds it
    min_size_vx : least number of voxels of a synapse

    Returns
    -------
    One row per synapse, in the order of their first voxels (z, y, x), numbered from 1;
    every sum is of integers, over all fragments. Column ``root`` is kept.
    """
    out = fragments.groupby("root").agg(
        **{c: (c, "first") for c in CELLS},
        **{c: (c, "min") for c in START},
        **{c: (c, "max") for c in STOP},
        **{c: (c, "sum") for c in [*COUNTS, *SUM]},
    )
    out = out.join(fragments.sort_values(FIRST).groupby("root")[FIRST].first())
    out = out.join(find_largest_part(fragments, SUPERVOXELS, "supervoxel_pair_count"))
    out = out.join(find_largest_part(fragments, ["junction"], "junction_count"))
    out["junction_share"] = measure_shares(fragments, out["junction"])
    large = out["voxel_count"] >= min_size_vx
    logging.info("%d synapses, %d below %d voxels", len(out), sum(~large), min_size_vx)
    out = out[large].sort_values(FIRST).reset_index()
    return out.assign(synapse=np.arange(1, len(out) + 1, dtype=np.uint64))


def add_lines(
    candidates: pd.DataFrame, fragments: pd.DataFrame, patches: Iterable[pd.DataFrame]
) -> pd.DataFrame:
    """Add the lines of patches to the candidates that hold most of them.

    All patches of one junction and pair of cells go to the candidate that has most of
    its voxels there; of several, to the one with the smallest id.

    Parameters
    ----------
    candidates : table of `add_up`
    fragments : table of `assign_cells`
    patches : tables of `assign_cells`
    """
    names = ["junction", *CELLS]
    number = candidates[["root", "synapse"]]
    held = fragments.merge(number, on="root").groupby([*names, "synapse"])
    held = held["voxel_count"].sum().reset_index()
    held = held.sort_values(["voxel_count", "synapse"], ascending=[False, True])
    held = held.drop_duplicates(names)
    found = (held.merge(part, on=names) for part in patches)
    sums = [part.groupby("synapse")[list(CROSSINGS)].sum() for part in found]
    lines = pd.concat(sums).groupby(level="synapse").sum()
    lines = lines.reindex(candidates["synapse"], fill_value=0)
    return candidates.join(lines.reset_index(drop=True))


def find_largest_part(
    table: pd.DataFrame, names: list[str], count: str
) -> pd.DataFrame:
    """Find the part of each synapse with most voxels; of several, the smallest ids.

    Columns ``names`` tell parts apart; their number goes to column ``count``.
    """
    parts = table.groupby(["root", *names], as_index=False)["voxel_count"].sum()
    rising = [True, False, *[True] * len(names)]
    parts = parts.sort_values(["root", "voxel_count", *names], ascending=rising)
    parts[count] = parts.groupby("root")[names[0]].transform("size")
    return parts.drop_duplicates("root").set_index("root")[[*names, count]]


def measure_shares(fragments: pd.DataFrame, junction: pd.Series) -> np.ndarray:
    """Measure which share of its junction each synapse holds.

    Of the voxels of the junction that lie in any contact of two cells. A junction that
    reaches a little into a further contact gives it a small share.

    Parameters
    ----------
    fragments : root, junction, voxel_count
    junction : junction per root
    """
    total = fragments.groupby("junction")["voxel_count"].sum()
    held = fragments.groupby(["root", "junction"])["voxel_count"].sum()
    own = held.reindex(pd.MultiIndex.from_arrays([junction.index, junction]))
    return own.to_numpy() / total.reindex(junction).to_numpy()


def judge_sign(sym: np.ndarray, asym: np.ndarray, min_sym_ratio: float) -> pd.DataFrame:
    """Find the sign of synapses from their voxels of symmetric and asymmetric type.

    Parameters
    ----------
    sym, asym : (N,) voxels of each type, over all fragments of a synapse
    min_sym_ratio : a larger share of symmetric voxels means inhibitory

    Returns
    -------
    Table sym_ratio (NaN if no voxel has a type), sign: -1 inhibitory, 1 excitatory, 0
    unknown

    >>> judge_sign(np.array([3, 1, 0]), np.array([7, 9, 0]), 0.225)["sign"].tolist()
    [-1, 1, 0]
    """
    sym, asym = np.asarray(sym, float), np.asarray(asym, float)
    typed = sym + asym
    ratio = np.divide(sym, typed, out=np.full(len(sym), np.nan), where=typed > 0)
    sign = np.where(ratio > min_sym_ratio, -1, 1) * (typed > 0)
    return pd.DataFrame({"sym_ratio": ratio, "sign": sign.astype(np.int8)})
