"""Supervoxels of the phantom: cells cut into pieces, and scored edges between pieces.

A piece is what a cell holds of the neighbourhood of a seed point; seed points lie on a
jittered lattice, and borders are bent by smooth noise. A supervoxel's id tells its cell
(`cell_indices`), so the truth needs no table that grows with the volume.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from neuropil.grid import Box, Triple
from neuropil.kernels.phantom_fragments import LOW62, ODD1, ODD2, count_pairs, cut_cells
from neuropil.phantom.noise import derive_seed, scatter, smooth_noise, uniform
from neuropil.phantom.tissue import Tissue
from neuropil.schemas.phantom_fragments import FRAGMENT_COUNTS
from neuropil.stitching import union_find

PAIR = ["supervoxel_a", "supervoxel_b"]
FIRST_TABLE = 1 << 14  # rows of the table of pairs before it has to grow


def fragment_cells(cell: np.ndarray, box: Box, tissue: Tissue) -> np.ndarray:
    """Cut the cells of a box into supervoxels.

    Parameters
    ----------
    cell : (Z, Y, X) array of uint32, cell indices (`Fields.cell`), 0 is background
    box : the voxels' global coordinates

    Returns
    -------
    (Z, Y, X) array of uint64, ids from 2**62 to 2**63, 0 is background
    """
    settings = tissue.settings["fragments"]
    size = np.asarray(tissue.voxel_size_nm, float)
    bend = tuple(
        np.float32(settings["bend_nm"])
        * smooth_noise(box, size, settings["bend_scale_nm"], seed)
        for seed in (derive_seed(tissue.seed, "bend", i) for i in range(3))
    )
    start = np.array(box.start, np.int64)
    seed = derive_seed(tissue.seed, "pieces")
    out = np.empty(box.shape, np.uint64)
    place = (seed, start, size, float(settings["piece_nm"]))
    cut_cells(np.ascontiguousarray(cell), bend, place, out)
    return out


def cell_indices(supervoxels: np.ndarray) -> np.ndarray:
    """Cell index (uint64) of supervoxels made by `fragment_cells`."""
    bits = np.asarray(supervoxels, np.uint64) & LOW62
    with np.errstate(over="ignore"):
        for odd in (ODD2, ODD1):
            # A shift by half of the 62 bits undoes itself.
            bits = bits ^ (bits >> np.uint64(31))
            bits = (bits * np.uint64(pow(int(odd), -1, 2**62))) & LOW62
    return bits >> np.uint64(30)


def edge_reach(voxel_size_nm: Sequence[float], settings: dict) -> Triple:
    """Voxels after a box (z, y, x) whose supervoxels `count_fragments` needs.

    Parameters
    ----------
    settings : section ``phantom`` of the config
    """
    gap_nm = settings["fragments"]["gap_nm"]
    return tuple(max(1, math.ceil(gap_nm / size)) for size in voxel_size_nm)


def count_fragments(labels: np.ndarray, core_shape: Triple) -> pd.DataFrame:
    """Count voxels of supervoxels, and places where two of them meet.

    A box owns a meeting if its core holds the lower voxel, so the counts of all boxes
    add up to those of the volume (`merge_fragments`).

    Parameters
    ----------
    labels : (Z, Y, X) array of uint64, a core and `edge_reach` voxels after it
    core_shape : (Z, Y, X) in voxels

    Returns
    -------
    Table `FRAGMENT_COUNTS`.
    """
    gap = np.subtract(labels.shape, core_shape)
    size = FIRST_TABLE
    while True:
        table, count = np.zeros((size, 2), np.uint64), np.zeros(size, np.int64)
        if count_pairs(labels, np.array(core_shape), gap, table, count):
            break
        size *= 4
    found = np.flatnonzero(count)
    frame = pd.DataFrame(table[found], columns=PAIR).assign(count=count[found])
    return frame.sort_values(PAIR, ignore_index=True)


def merge_fragments(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up tables of `count_fragments`; their order does not matter."""
    empty = pd.DataFrame(columns=FRAGMENT_COUNTS.columns)
    table = pd.concat([empty.astype(dict(zip(empty, ["u8", "u8", "i8"]))), *parts])
    return table.groupby(PAIR, as_index=False)["count"].sum()


def list_membership(counts: pd.DataFrame, tissue: Tissue) -> pd.DataFrame:
    """Cell (id) of every supervoxel: columns supervoxel, cell.

    ``counts`` is the whole volume's table `FRAGMENT_COUNTS`.
    """
    own = counts.loc[counts[PAIR[0]] == counts[PAIR[1]], PAIR[0]].to_numpy(np.uint64)
    cells = tissue.cells["cell"].to_numpy(np.uint64)
    index = cell_indices(own).astype(np.int64)
    return pd.DataFrame({"supervoxel": own, "cell": cells[index - 1]})


def score_edges(counts: pd.DataFrame, tissue: Tissue) -> pd.DataFrame:
    """Score the edges between supervoxels that meet.

    Pieces of one cell score above 0.5, of two cells below, but for a share
    ``split_errors`` of the true and ``merge_errors`` of the false edges, where it is
    the other way round. Components of a cell that nothing joins get true edges too, so
    that without errors the threshold 0.5 gives back the cells.

    Parameters
    ----------
    counts : table `FRAGMENT_COUNTS` of the whole volume

    Returns
    -------
    Table `AGGLOMERATION_EDGES`.
    """
    settings = tissue.settings["fragments"]
    pairs = counts[PAIR].to_numpy(np.uint64)
    own = pairs[pairs[:, 0] == pairs[:, 1], 0]
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    same = cell_indices(pairs[:, 0]) == cell_indices(pairs[:, 1])
    links = join_components(own, pairs[same])
    pairs = np.concatenate([pairs, links])
    same = np.concatenate([same, np.ones(len(links), bool)])
    names = scatter(pairs[:, 0], derive_seed(tissue.seed, "edge"))
    names = names ^ pairs[:, 1]
    doubt = 0.42 * uniform(names, derive_seed(tissue.seed, "score")) ** 2
    errors = np.where(same, settings["split_errors"], settings["merge_errors"])
    wrong = uniform(names, derive_seed(tissue.seed, "error")) < errors
    score = np.where(same ^ wrong, 1 - doubt, doubt)
    frame = pd.DataFrame(pairs, columns=PAIR).assign(score=score)
    return frame.sort_values(PAIR, ignore_index=True)


def join_components(supervoxels: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Pairs that chain the components of each cell: (N, 2) uint64, smaller id first.

    Parameters
    ----------
    supervoxels : all supervoxels, sorted
    pairs : (M, 2), pairs of one cell that meet
    """
    index = np.searchsorted(supervoxels, pairs)
    roots = np.unique(union_find(len(supervoxels), index))
    first = supervoxels[roots]
    cell = cell_indices(first)
    order = np.lexsort((first, cell))
    first, cell = first[order], cell[order]
    chained = np.flatnonzero(cell[1:] == cell[:-1])
    return np.stack([first[chained], first[chained + 1]], axis=1)
