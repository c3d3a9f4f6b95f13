"""Corrections of cells by hand: supervoxels that are one cell, or are not.

What a table of corrections and a table of somata say holds whatever the scores: merges
come first, then edges join in their order, but for those that would bring together what
is to be apart.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuropil.columns import open_columns, read_columns, read_names
from neuropil.errors import InputError
from neuropil.kernels.constraints import find_ranks, join_apart
from neuropil.schemas.segmentation import PAIR
from neuropil.stitching import Sets

ACTIONS = ("merge", "split")
SHOWN = 5  # rows that a message lists


@dataclass(frozen=True)
class Limits:
    """What is known of cells beside the scores of edges.

    Attributes
    ----------
    merges : (M, 2) uint64 supervoxels of one cell
    splits : (S, 2) uint64 supervoxels of two cells
    somata : supervoxel, soma (uint64): two somata are never in one cell
    """

    merges: np.ndarray
    splits: np.ndarray
    somata: pd.DataFrame

    @property
    def supervoxels(self) -> np.ndarray:
        """All supervoxels that are named, as uint64, some more than once."""
        pairs = np.concatenate([self.merges, self.splits]).ravel()
        return np.append(pairs, self.somata["supervoxel"].to_numpy(np.uint64))


def read_corrections(path: str) -> pd.DataFrame:
    """Read a table supervoxel_a, supervoxel_b, action (merge or split).

    Returns
    -------
    These columns, and row: that of the file, its header being 1

    Raises
    ------
    InputError
        If the table can't be read exactly, has another action, a row without two
        supervoxels, or rows that contradict each other.
    """
    table = read_columns(path, ids=PAIR, numbers=[])
    words = read_names(open_columns(path, ["action"])["action"], "action", path)
    words = pd.Series(words, table.index, dtype=object).str.strip().str.lower()
    table = table.assign(action=words, row=np.arange(2, len(table) + 2))
    refuse_rows(
        table[~words.isin(ACTIONS)],
        f"{path} has another action than {' or '.join(ACTIONS)}",
        "Correct the word.",
    )
    same = table["supervoxel_a"] == table["supervoxel_b"]
    none = (table[PAIR] == 0).any(axis=1)
    refuse_rows(
        table[same | none],
        f"{path} has rows that do not name two supervoxels (0 is background)",
        "Correct or remove them.",
    )
    check_splits(table, path)
    return table


def refuse_rows(rows: pd.DataFrame, what: str, way_out: str) -> None:
    """Raise an error that lists rows of a table, if there are any."""
    if len(rows):
        columns = [c for c in (*PAIR, "supervoxel", "soma", "action") if c in rows]
        words = rows[columns].head(SHOWN).astype(str).agg(", ".join, axis=1)
        if "row" in rows:
            words = [f"row {r} ({text})" for r, text in zip(rows["row"], words)]
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        raise InputError(f"{what}: {'; '.join(words)}{more}. {way_out}")


def group_merges(table: pd.DataFrame) -> pd.Series:
    """Group that each supervoxel of a table is in, by its merges alone."""
    merges = table.loc[table["action"] == "merge", PAIR].to_numpy(np.uint64)
    names = np.unique(table[PAIR].to_numpy(np.uint64))
    sets = Sets(len(names))
    sets.join(np.searchsorted(names, merges))
    return pd.Series(names[sets.roots()], names, dtype=np.uint64)


def check_splits(table: pd.DataFrame, path: str) -> None:
    """Refuse splits of supervoxels that merges put into one cell."""
    splits = table[table["action"] == "split"]
    groups = group_merges(table)
    a, b = (groups.reindex(splits[name]).to_numpy() for name in PAIR)
    wrong = splits[a == b]
    if len(wrong):
        row = wrong.iloc[0]
        a, b = row["supervoxel_a"], row["supervoxel_b"]
        raise InputError(
            f"{path} contradicts itself: row {row['row']} splits {a} and {b}, but "
            f"{describe_chain(table, a, b)} ({len(wrong)} such splits). Remove or "
            "correct one of these rows."
        )


def describe_chain(table: pd.DataFrame, a: int, b: int) -> str:
    """Say which merges bring two supervoxels together."""
    merges = table[table["action"] == "merge"]
    ways: dict[int, list] = {}
    for one, other, row in zip(*(merges[c].tolist() for c in (*PAIR, "row"))):
        ways.setdefault(one, []).append((other, row))
        ways.setdefault(other, []).append((one, row))
    came, waiting = {int(a): (int(a), 0)}, deque([int(a)])
    while int(b) not in came:
        here = waiting.popleft()
        for there, row in ways.get(here, []):
            if there not in came:
                came[there] = here, row
                waiting.append(there)
    path, rows = [int(b)], []
    while path[-1] != int(a):
        before, row = came[path[-1]]
        path.append(before)
        rows.append(row)
    word = "row" if len(rows) == 1 else "rows"
    way = " - ".join(map(str, path[::-1]))
    verb = "merges" if len(rows) == 1 else "merge"
    return f"{word} {', '.join(map(str, sorted(rows)))} {verb} them ({way})"


def check_somata(table: pd.DataFrame, somata: pd.DataFrame, path: str) -> None:
    """Refuse merges that bring two somata together.

    Parameters
    ----------
    table : of `read_corrections`
    somata : supervoxel, soma
    path : of the corrections
    """
    groups = group_merges(table)
    held = somata[somata["supervoxel"].isin(groups.index)].sort_values("supervoxel")
    held = held.assign(group=groups.reindex(held["supervoxel"]).to_numpy())
    first = held.groupby("group")[["supervoxel", "soma"]].transform("first")
    wrong = held["soma"] != first["soma"]
    if wrong.any():
        a, one = first[wrong].iloc[0]
        b, other = held.loc[wrong, ["supervoxel", "soma"]].iloc[0]
        raise InputError(
            f"{path} contradicts agglomeration.somata: soma {one} (supervoxel {a}) and "
            f"soma {other} (supervoxel {b}) are two cells, but "
            f"{describe_chain(table, a, b)}. Remove or correct one of these rows."
        )


def check_listed(table: pd.DataFrame, supervoxels: np.ndarray, path: str) -> None:
    """Refuse rows that name supervoxels which the dataset does not have."""
    columns = [name for name in (*PAIR, "supervoxel") if name in table]
    known = np.isin(table[columns].to_numpy(np.uint64), supervoxels).all(axis=1)
    refuse_rows(
        table[~known],
        f"{path} names supervoxels that the dataset does not have",
        "Use ids of this very segmentation (cells/supervoxels.parquet has all), or "
        "remove the rows.",
    )


def order_edges(edges: pd.DataFrame, threshold: float) -> np.ndarray:
    """Order edges by falling score, those of equal scores by their ids.

    Parameters
    ----------
    edges : supervoxel_a, supervoxel_b, score
    threshold : least score of an edge that joins

    Returns
    -------
    (E, 2) uint64 ends of those that join
    """
    kept = edges[edges["score"].to_numpy() >= threshold]
    ends = np.sort(kept[PAIR].to_numpy(np.uint64), axis=1)
    return ends[np.lexsort((ends[:, 1], ends[:, 0], -kept["score"].to_numpy()))]


def order_joins(
    joins: pd.DataFrame, edges: pd.DataFrame, threshold: float
) -> np.ndarray:
    """Order edges by the joins that they are part of.

    A join is of two groups, named by a supervoxel of each that need not be where they
    touch. Where a group has come apart, it is the edge that says to which part the
    other one belongs. Of the edges of a join the best one joins, and all that reach
    the threshold by themselves; without corrections, the first is enough.

    Parameters
    ----------
    joins : supervoxel_a, supervoxel_b, score, in their order
    edges : supervoxel_a, supervoxel_b, score, of all supervoxels that touch
    threshold : least score of a join

    Returns
    -------
    (E, 2) uint64 ends of the edges that join
    """
    made = joins.loc[joins["score"].to_numpy() >= threshold, PAIR].to_numpy(np.uint64)
    ends = np.sort(edges[PAIR].to_numpy(np.uint64), axis=1)
    score = edges["score"].to_numpy(float)
    names = np.unique(np.append(made.ravel(), ends.ravel()))
    index = [np.searchsorted(names, pairs) for pairs in (made, ends)]
    ranks = find_ranks(len(names), *index)
    order = np.lexsort((ends[:, 1], ends[:, 0], -score, ranks))
    order = order[: np.count_nonzero(ranks < len(made))]
    best = np.append(True, np.diff(ranks[order]) != 0)[: len(order)]
    return ends[order[best | (score[order] >= threshold)]]


def join_within(ends: np.ndarray, limits: Limits) -> pd.DataFrame:
    """Join supervoxels as far as corrections and somata allow.

    Merges come first, then edges in their order; one that would bring the two ends of
    a split, or two somata, into one cell is left out. So a split cuts the weakest join
    of those between its ends.

    Parameters
    ----------
    ends : (E, 2) uint64, edges in the order in which they join
    limits : free of contradictions

    Returns
    -------
    Table supervoxel, cell (uint64): the supervoxels that are named, and as cell the
    smallest supervoxel id of each cell
    """
    names = np.unique(np.append(ends.ravel(), limits.supervoxels))
    merges, splits, edges = (
        np.searchsorted(names, pairs).astype(np.int64).reshape(-1, 2)
        for pairs in (limits.merges, limits.splits, ends)
    )
    sets = Sets(len(names))
    sets.join(merges)
    parent = sets.roots()
    tag = np.zeros(len(names), np.int64)
    held = np.searchsorted(names, limits.somata["supervoxel"].to_numpy(np.uint64))
    tag[held] = np.unique(limits.somata["soma"], return_inverse=True)[1] + 1
    refused = join_apart(parent, edges, splits, tag)
    logging.info(
        "%d merges, %d splits, %d supervoxels of somata: %d edges refused",
        *(len(merges), len(splits), len(held), refused.sum()),
    )
    return pd.DataFrame({"supervoxel": names, "cell": names[parent]})


def make_limits(tables: Sequence[pd.DataFrame], somata: pd.DataFrame) -> Limits:
    """Gather the pairs of tables of `read_corrections`, of which there may be none."""
    empty = pd.DataFrame(columns=[*PAIR, "action"])
    table = pd.concat([empty, *tables])
    pairs = [table.loc[table["action"] == a, PAIR].to_numpy(np.uint64) for a in ACTIONS]
    return Limits(*pairs, somata)
