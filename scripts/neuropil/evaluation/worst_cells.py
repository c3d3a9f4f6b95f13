"""The worst splits and mergers of cells, each with a place where its two sides meet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuropil.cells import map_to_cells
from neuropil.evaluation.seams import ENDS
from neuropil.evaluation.segmentations import add_up
from neuropil.evaluation.shares import find_segments, score_cells
from neuropil.grid import Triple, voxel_coordinates
from neuropil.schemas.evaluation import WORST_CELLS
from neuropil.schemas.segmentation import PAIR

KINDS = ("split", "merge")
PIECE = ["supervoxel", "cell"]
LEAST_SHARE = 0.05  # of the smaller side, in a piece whose seam shows where it happened
WHOLE = 2.0  # score of what lies in one supervoxel: above that of every edge


def list_worst_cells(
    seams: pd.DataFrame,
    shares: pd.DataFrame,
    membership: pd.DataFrame,
    edges: pd.DataFrame,
    grid: tuple[Triple, Sequence[float]],
) -> pd.DataFrame:
    """List what is torn or merged, the one with the most voxels first.

    A split is a true cell in two segments, a merger a segment with two true cells.
    Voxels are counted on the smaller side, borders of true cells left out. Of several
    sides that meet the same smaller one, the largest is its other side; what meets
    nothing of its cell, since it enters the volume in another place, is none. The place
    is on the seam of the best score: where the right join was missed, or the wrong one
    made.

    Parameters
    ----------
    seams : table of schema ``seams``
    shares : supervoxel, cell (true, 0 is none), inner_count
    membership : supervoxel, cell: the segments
    edges : supervoxel_a, supervoxel_b, score
    grid : shape of the volume, and size of voxels in nm (z, y, x)

    Returns
    -------
    Table of schema ``worst_cells``
    """
    inner = shares[(shares["cell"] != 0) & (shares["inner_count"] > 0)]
    inner = inner.astype({"inner_count": np.int64})
    inner = inner.groupby(PIECE, as_index=False)["inner_count"].sum()
    table = add_sides(seams, inner, membership)
    table = add_scores(table, edges)
    tables = [choose_seams(table, kind) for kind in KINDS]
    return locate(pd.concat(tables, ignore_index=True), grid)


def add_sides(
    seams: pd.DataFrame, inner: pd.DataFrame, membership: pd.DataFrame
) -> pd.DataFrame:
    """Add to both ends of seams their segment, the voxels of the piece, and all shared.

    Parameters
    ----------
    seams : supervoxel_a, cell_a, supervoxel_b, cell_b, ...
    inner : supervoxel, cell, inner_count
    membership : supervoxel, cell

    Returns
    -------
    Seams of pieces that have inner voxels and are in a segment, with segment_*,
    inner_count_* and shared_* (voxels that segment and true cell share)
    """
    inner = inner.assign(segment=map_to_cells(inner["supervoxel"], membership))
    shared = inner.groupby(["segment", "cell"])["inner_count"].transform("sum")
    inner = inner.assign(shared=shared)[inner["segment"] != 0]
    table = seams
    for side in "ab":
        ends = [f"{name}_{side}" for name in PIECE]
        table = table.merge(inner.add_suffix(f"_{side}"), on=ends)
    return table


def add_scores(table: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Add the score of the edge between two supervoxels; `WHOLE` within one."""
    table = table.merge(edges[[*PAIR, "score"]], on=PAIR, how="left")
    same = table["supervoxel_a"] == table["supervoxel_b"]
    return table.assign(score=table["score"].mask(same, WHOLE).fillna(-1.0))


def choose_seams(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Keep one seam of each smaller side that is torn off, or merged.

    Returns
    -------
    The seams, with kind, whole, part, other_part, voxel_count, other_voxel_count
    """
    same, parts = ("cell", "segment") if kind == "split" else ("segment", "cell")
    is_one = table[f"{same}_a"] == table[f"{same}_b"]
    held = table[is_one & (table[f"{parts}_a"] != table[f"{parts}_b"])]
    one, other = (
        [held[f"{n}_{s}"].to_numpy() for n in (parts, "shared")] for s in "ab"
    )
    swap = (one[1] > other[1]) | ((one[1] == other[1]) & (one[0] < other[0]))
    small, large = (
        [np.where(s, b, a) for a, b in zip(one, other)] for s in (swap, ~swap)
    )
    held = held.assign(
        kind=kind,
        whole=held[f"{same}_a"],
        part=small[0],
        voxel_count=small[1],
        other_part=large[0],
        other_voxel_count=large[1],
    )
    pieces = held[["inner_count_a", "inner_count_b"]].min(axis=1)
    held["is_main"] = pieces >= LEAST_SHARE * held["voxel_count"]
    falling = ["voxel_count", "other_voxel_count", "is_main", "score", "face_count"]
    order = ["voxel_count", "whole", "part", *falling[1:2], "other_part", *falling[2:]]
    rising = [name not in falling for name in (*order, *ENDS)]
    held = held.sort_values([*order, *ENDS], ascending=rising)
    return held.drop_duplicates(["whole", "part"])


def locate(table: pd.DataFrame, grid: tuple[Triple, Sequence[float]]) -> pd.DataFrame:
    """Turn faces into places, and the score of what is no edge into NaN."""
    shape, size = grid
    face = table["face"].to_numpy(np.uint64)
    voxel = voxel_coordinates(face // np.uint64(3), shape)
    places = {f"{axis}_vx": v for axis, v in zip("zyx", voxel)}
    places |= {f"{axis}_nm": (v + 0.5) * s for axis, v, s in zip("zyx", voxel, size)}
    normal = np.array(list("zyx"), object)[(face % np.uint64(3)).astype(int)]
    score = table["score"].where(table["score"].between(-0.5, WHOLE - 0.5))
    return table.assign(normal=normal, score=score, **places)[WORST_CELLS.columns]


def measure_worst(shares: pd.DataFrame, membership: pd.DataFrame) -> dict:
    """Score the cells of a run, and count the voxels that are torn or merged.

    Returns
    -------
    Scores of `shares.score_cells`; ``split_voxels``, those that are not in the segment
    with most of their true cell, and ``merge_voxels``, those not of the true cell that
    has most of their segment
    """
    scores = score_cells(shares, membership)
    inner = shares[(shares["cell"] != 0) & (shares["inner_count"] > 0)]
    segment = find_segments(inner["supervoxel"], membership)
    columns = (inner["cell"], segment, inner["inner_count"].astype(np.int64))
    table = pd.DataFrame(dict(zip(("cell", "segment", "voxel_count"), columns)))
    held = add_up(table[table["segment"] != 0])
    for kind, whole in zip(KINDS, ("cell", "segment")):
        most = held.groupby(whole)["voxel_count"].max().sum()
        scores[f"{kind}_voxels"] = int(held["voxel_count"].sum() - most)
    return scores
