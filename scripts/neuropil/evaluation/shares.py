"""Voxels that supervoxels share with true cells, and what they say of a segmentation.

A supervoxel that was made from a map need not lie in one true cell. How good an
agglomeration is follows from these counts alone, without a look at voxels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.cells import join_supervoxels, map_to_cells
from neuropil.evaluation.components import as_arrays
from neuropil.evaluation.identity import share_supervoxels
from neuropil.evaluation.run_lengths import Cable, join_cable, score_cable
from neuropil.evaluation.segmentations import add_up, score_overlaps
from neuropil.grid import Box, Triple
from neuropil.majority import count_overlaps
from neuropil.schemas.evaluation import SWEEP
from neuropil.storage import LabelStack, read_table, read_tables
from neuropil.volumes.base import Volume

KEY = ["supervoxel", "cell", "component"]
THRESHOLDS = np.arange(101) / 100


class Truth(NamedTuple):
    """True cells, and their connected parts.

    Attributes
    ----------
    labels : volume of labels of parts; 0 outside of cells
    component, cell : part, and cell, of each label: (N + 1,) uint64
    """

    labels: LabelStack
    component: np.ndarray
    cell: np.ndarray

    @classmethod
    def open(cls, labels: str, components: str) -> Truth:
        """Open what `components.label_components` has made."""
        return cls(LabelStack([labels]), *as_arrays(read_table(components)))


def extract_shares(
    supervoxels: Volume, truth: Truth, core: Box, block_shape: Triple, threads: int
) -> pd.DataFrame:
    """Count the voxels that supervoxels of one chunk share with true cells.

    Parameters
    ----------
    supervoxels : volume of labels
    truth : of the whole volume
    core : voxels that the chunk owns
    block_shape : what a thread holds in memory, in voxels

    Returns
    -------
    supervoxel, cell (0 is none), component, voxel_count, inner_count: those of the
    voxels whose six neighbours are in the same true cell; of supervoxel 0, too
    """

    def count(block: Box) -> pd.DataFrame:
        labels = truth.labels.read(block.grow(1))
        inner = is_inner(truth.cell[labels])
        part = truth.component[labels[1:-1, 1:-1, 1:-1]]
        own = supervoxels.read(block) + np.uint64(1)  # since 0 is left out
        table = count_overlaps(own, part)
        within = count_overlaps(np.where(inner, own, np.uint64(0)), part)
        within = within.rename(columns={"voxel_count": "inner_count"})
        return table.merge(within, on=["supervoxel", "cell"], how="left")

    parts = [part for _, part in map_blocks(count, core, block_shape, threads)]
    shares = pd.concat(parts).fillna({"inner_count": 0}).astype("u8")
    shares = shares.rename(columns={"cell": "component"})
    shares["supervoxel"] -= np.uint64(1)
    # The least label of a part is its name, and a label of it.
    return add_up_shares(shares.assign(cell=truth.cell[shares["component"]]))


def is_inner(cells: np.ndarray) -> np.ndarray:
    """Whether a voxel's six neighbours are in its cell: (Z + 2, ...) -> (Z, Y, X) bool.

    Neighbours of 0 at the rim of the array count: the truth ends there.
    """
    middle = cells[1:-1, 1:-1, 1:-1]
    inner = np.ones(middle.shape, bool)
    for axis in range(3):
        for step in (0, 2):
            cut = [slice(1, -1)] * 3
            cut[axis] = slice(step, cells.shape[axis] - 2 + step)
            inner &= cells[tuple(cut)] == middle
    return inner


def read_shares(shares: Sequence[str], truth: str, supervoxels: str) -> pd.DataFrame:
    """Read the shares of all chunks, or give supervoxels whole to true cells.

    Parameters
    ----------
    shares : files of all chunks; none where both sides are unions of supervoxels
    truth : true supervoxel, cell
    supervoxels : supervoxel, voxel_count
    """
    if not shares:
        return share_supervoxels(read_table(truth), read_table(supervoxels))
    return add_up_shares(read_tables(shares))


def add_up_shares(shares: pd.DataFrame) -> pd.DataFrame:
    """Add up the shares of blocks, or of chunks."""
    return shares.groupby(KEY, as_index=False).sum()


def read_neurons(tables: Sequence[str]) -> np.ndarray | None:
    """Read which true cells are no glia; None if no table tells."""
    if not tables:
        return None
    cells = read_table(tables[0], ["cell", "kind"])
    return cells.loc[cells["kind"] != "glia", "cell"].to_numpy()


def read_cable(skeletons: Sequence[str], nodes: Sequence[str]) -> Cable | None:
    """Read true skeletons, and the supervoxels at their nodes; None without."""
    if not skeletons:
        return None
    return join_cable(read_table(skeletons[0]), read_tables(nodes))


def list_thresholds(edges: pd.DataFrame) -> np.ndarray:
    """List the thresholds to try: of 0 to 1, or of the range of other scores."""
    low, high = edges["score"].min(), edges["score"].max()
    if len(edges) == 0 or (low >= 0 and high <= 1):
        return THRESHOLDS
    return np.linspace(low, high, len(THRESHOLDS))


def score_thresholds(
    shares: pd.DataFrame,
    edges: pd.DataFrame,
    neurons: np.ndarray | None = None,
    cable: Cable | None = None,
    thresholds: Iterable[float] | None = None,
) -> pd.DataFrame:
    """Score the cells that edges make at several thresholds of their score.

    Parameters
    ----------
    shares : supervoxel, cell, component, voxel_count, inner_count
    edges : supervoxel_a, supervoxel_b, score
    neurons, cable : as for `score_cells`
    thresholds : those to try; by default, of the range of scores

    Returns
    -------
    `SWEEP`: threshold, and what `score_cells` says
    """
    if thresholds is None:
        thresholds = list_thresholds(edges)
    rows = [
        {"threshold": t}
        | score_cells(shares, join_supervoxels(edges, t), neurons, cable)
        for t in thresholds
    ]
    return pd.DataFrame(rows, columns=SWEEP.columns)


def score_cells(
    shares: pd.DataFrame,
    membership: pd.DataFrame,
    neurons: np.ndarray | None = None,
    cable: Cable | None = None,
) -> dict:
    """Score the cells that supervoxels make against the true ones.

    Voxels on the border of a true cell are left out, and all outside of true cells: no
    two people draw these alike. What a segmentation leaves out is one more segment.
    Scores that end in ``_labelled`` are, as others publish them, over all voxels that
    both label.

    Parameters
    ----------
    shares : supervoxel, cell, component, voxel_count, inner_count
    membership : supervoxel, cell; others are cells of their own
    neurons : true cells that are no glia, if that is known
    cable : true skeletons, if these are known

    Returns
    -------
    cell_count; voi_split, voi_merge and adapted_rand_error against true cells, their
    connected parts (``_components``), and those of neurons (``_neurons``); what
    `score_cable` says
    """
    table = shares[shares["cell"] != 0]
    table = table.assign(segment=find_segments(table["supervoxel"], membership))
    inner = table[table["inner_count"] > 0]
    ways = {
        "": (inner, "cell", "inner_count"),
        "_components": (inner, "component", "inner_count"),
        "_labelled": (table[table["segment"] != 0], "cell", "voxel_count"),
    }
    if neurons is not None:
        kept = inner[inner["cell"].isin(neurons)]
        ways["_neurons"] = (kept, "component", "inner_count")
    out = {"cell_count": len(np.setdiff1d(inner["segment"], [0]))}
    for name, way in ways.items():
        out |= {f"{score}{name}": v for score, v in score_shares(*way).items()}
    if cable is None:
        return out
    return out | score_cable(cable, find_segments(cable.supervoxel, membership))


def find_segments(supervoxels: Sequence[int], membership: pd.DataFrame) -> np.ndarray:
    """Cell of each supervoxel; its own id if the membership does not name it."""
    cells = map_to_cells(supervoxels, membership)
    named = np.isin(supervoxels, membership["supervoxel"])
    return np.where(named, cells, supervoxels)


def score_shares(table: pd.DataFrame, truth: str, count: str) -> dict:
    """Score segments against what a column holds of the truth (`score_overlaps`)."""
    columns = {"cell": table[truth], "segment": table["segment"]}
    overlaps = pd.DataFrame({**columns, "voxel_count": table[count]})
    return score_overlaps(add_up(overlaps))
