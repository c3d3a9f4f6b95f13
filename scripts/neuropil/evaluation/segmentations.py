"""How well another segmentation agrees with the cells of a dataset: VOI, Rand, ERL.

The dataset's cells count as the truth, so this scores a segmentation against labels
made by hand, or one agglomeration against another.

- Variation of information (Meila 2007, J Multivar Anal 98:873) and adapted Rand error
  (Arganda-Carreras et al. 2015, Front Neuroanat 9:142), over voxels that both label.
- Expected run length (Januszewski et al. 2018, Nat Methods 15:605): how far one gets,
  from a random place on a true skeleton, before the segmentation errs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.cells import map_to_cells
from neuropil.evaluation.scores import divide
from neuropil.grid import Box, Triple
from neuropil.majority import count_overlaps
from neuropil.skeletons.store import Skeleton, read_skeletons
from neuropil.stitching import union_find
from neuropil.storage import read_tables
from neuropil.volumes.base import Volume

MERGE_NM = 500.0  # cable of a second cell from which on a segment counts as a merger
PAIR = ["cell", "segment"]
PLACE = ["z_nm", "y_nm", "x_nm"]


def list_places(skeletons: Iterable[tuple[int, Skeleton]]) -> pd.DataFrame:
    """List the nodes of skeletons: cell, node, z_nm, y_nm, x_nm."""
    tables = [pd.DataFrame(columns=["cell", "node", *PLACE])]
    for cell, skeleton in skeletons:
        table = pd.DataFrame(skeleton.vertices_nm.astype(float), columns=PLACE)
        tables.append(table.assign(cell=np.uint64(cell), node=np.arange(len(table))))
    types = {"cell": "u8", "node": "i8", **dict.fromkeys(PLACE, "f8")}
    return pd.concat(tables, ignore_index=True).astype(types)


def compare_chunk(
    volumes: tuple[Volume, Volume],
    membership: pd.DataFrame,
    places: pd.DataFrame,
    core: Box,
    block_shape: Triple,
    threads: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count the voxels that cells and segments share in a chunk; look nodes up.

    Parameters
    ----------
    volumes : supervoxels, and the other segmentation
    membership : supervoxel, cell, at least of the chunk
    places : nodes of the skeletons of the chunk's cells (`list_places`)

    Returns
    -------
    overlaps : cell, segment, voxel_count, of all voxels in both
    nodes : cell, node, segment (0 is none) and whether the node lies in its own cell,
        of the nodes in the chunk
    """
    supervoxels, segments = volumes
    voxel = np.floor(places[PLACE].to_numpy() / supervoxels.voxel_size_nm)

    def compare(block: Box) -> tuple[pd.DataFrame, pd.DataFrame]:
        own, other = supervoxels.read(block), segments.read(block)
        table = count_overlaps(own, other)
        table = table.rename(columns={"cell": "segment"})
        table["cell"] = map_to_cells(table.pop("supervoxel"), membership)
        held, at = find_within(voxel, block)
        nodes = places.loc[held, ["cell", "node"]].assign(segment=other[at])
        nodes["is_inside"] = map_to_cells(own[at], membership) == nodes["cell"]
        return table[(table["cell"] != 0) & (table["segment"] != 0)], nodes

    parts = [part for _, part in map_blocks(compare, core, block_shape, threads)]
    overlaps, nodes = (pd.concat(tables, ignore_index=True) for tables in zip(*parts))
    return add_up(overlaps), nodes


def find_within(voxel: np.ndarray, block: Box) -> tuple[np.ndarray, tuple]:
    """Which voxels (N, 3) lie in a block: (N,) bool, and their index in its array."""
    held = ((voxel >= block.start) & (voxel < block.stop)).all(axis=1)
    return held, tuple((voxel[held] - block.start).astype(int).T)


def add_up(overlaps: pd.DataFrame) -> pd.DataFrame:
    """Add up the overlaps of blocks, or of chunks."""
    return overlaps.groupby(PAIR, as_index=False)["voxel_count"].sum()


def score_overlaps(overlaps: pd.DataFrame) -> dict:
    """Compare two segmentations by the voxels that their labels share.

    ``voi_split`` and ``voi_merge`` (bits) are the entropies of segments given the cell,
    and of cells given the segment; 0 is perfect. ``adapted_rand_error`` is one minus
    the F1 of pairs of voxels that are together in both.
    """
    counts = overlaps["voxel_count"].to_numpy(float)
    cells = overlaps.groupby("cell")["voxel_count"].transform("sum").to_numpy(float)
    segments = overlaps.groupby("segment")["voxel_count"].transform("sum")
    total = counts.sum()
    split = -np.sum(counts * np.log2(counts / cells))
    merge = -np.sum(counts * np.log2(counts / segments.to_numpy(float)))
    pairs = [
        count_pairs(overlaps.groupby(key)["voxel_count"].sum().to_numpy(float))
        for key in PAIR
    ]
    together = count_pairs(counts)
    return {
        "voi_split": divide(split, total, 0),
        "voi_merge": divide(merge, total, 0),
        "adapted_rand_error": 1 - divide(2 * together, sum(pairs), 1),
    }


def count_pairs(counts: np.ndarray) -> float:
    """Count the ordered pairs of two voxels within groups of these sizes."""
    return float(np.sum(counts * (counts - 1)))


def fill_outside(skeleton: Skeleton, nodes: pd.DataFrame) -> np.ndarray:
    """Segment (N,) of each node; nodes outside of their own cell take their parent's.

    Parameters
    ----------
    nodes : node, segment, is_inside: of this skeleton; nodes that are missing lie
        outside of the dataset, or where the chunk holds nothing of the cell
    """
    segment = np.zeros(len(skeleton.vertices_nm), np.uint64)
    known = np.zeros(len(segment), bool)
    inside = nodes[nodes["is_inside"]]
    segment[inside["node"]], known[inside["node"]] = inside["segment"], True
    parents, children = skeleton.edges.astype(np.int64).T
    order = np.argsort(children)  # parents come before their children
    for parent, child in zip(parents[order], children[order]):
        if not known[child] and known[parent]:
            segment[child], known[child] = segment[parent], True
    return segment


def list_runs(cell: int, skeleton: Skeleton, segment: np.ndarray) -> pd.DataFrame:
    """List the runs of a skeleton: connected cable whose nodes are of one segment.

    Cable between two segments, or outside of all, is a run of segment 0.

    Returns
    -------
    cell, segment, length_nm
    """
    ends, cells = skeleton.edges.astype(np.int64), np.full(len(segment), cell, "u8")
    return join_runs(ends, skeleton.edge_lengths_nm, cells, segment)


def join_runs(
    ends: np.ndarray, length_nm: np.ndarray, cell: np.ndarray, segment: np.ndarray
) -> pd.DataFrame:
    """List the runs of all skeletons at once, as `list_runs`.

    Parameters
    ----------
    ends, length_nm : of the edges: (E, 2) int64 nodes of one cell, and (E,)
    cell, segment : (N,) uint64, of the nodes
    """
    one = (segment[ends[:, 0]] == segment[ends[:, 1]]) & (segment[ends[:, 0]] != 0)
    part = union_find(len(segment), ends[one])[ends[:, 0]]
    table = pd.DataFrame({"run": part, "length_nm": length_nm})
    table["segment"] = np.where(one, segment[ends[:, 0]], np.uint64(0))
    table["cell"] = cell[ends[:, 0]]
    keys = ["cell", "segment", "run"]
    return table.groupby(keys, as_index=False)["length_nm"].sum().drop(columns="run")


def score_runs(runs: pd.DataFrame) -> dict:
    """Measure the expected run length: for a place on the cable, that of its run.

    A segment that holds more than `MERGE_NM` of cable of a second cell is a merger, and
    its runs count as 0, as does cable in no segment.
    """
    cable = runs[runs["segment"] != 0].groupby(["segment", "cell"])["length_nm"].sum()
    held = cable[cable > MERGE_NM].groupby("segment").size()
    mergers = held.index[held > 1]
    right = runs[(runs["segment"] != 0) & ~runs["segment"].isin(mergers)]
    total = runs["length_nm"].sum()
    by_cell = runs.groupby("cell")["length_nm"].sum()
    return {
        "erl_um": divide((right["length_nm"] ** 2).sum(), total, 0) / 1000,
        "erl_limit_um": divide((by_cell**2).sum(), total, 0) / 1000,
        "merger_count": len(mergers),
        "merged_share": divide(
            runs.loc[runs["segment"].isin(mergers), "length_nm"].sum(), total, 0
        ),
    }


def score_segmentation(
    overlaps: pd.DataFrame, nodes: pd.DataFrame, skeletons: Mapping[int, Skeleton]
) -> dict:
    """Score a segmentation by what `compare_chunk` found in all chunks.

    ``erl_limit_um`` is the expected run length of a segmentation without errors.
    """
    groups = dict(iter(nodes.groupby("cell")))
    none = nodes[:0]
    runs = [pd.DataFrame(columns=["segment", "length_nm", "cell"])]
    for cell, skeleton in skeletons.items():
        segment = fill_outside(skeleton, groups.get(cell, none))
        runs.append(list_runs(cell, skeleton, segment))
    runs = pd.concat(runs).astype({"segment": "u8", "length_nm": "f8", "cell": "u8"})
    return score_overlaps(add_up(overlaps)) | score_runs(runs)


def score_files(
    names: Sequence[str],
    overlaps: Sequence[str],
    nodes: Sequence[str],
    skeletons: Sequence[str],
) -> dict:
    """Score several segmentations.

    Parameters
    ----------
    overlaps, nodes : files of all chunks, one segmentation after the other
    skeletons : files of all buckets

    Returns
    -------
    By name, what `score_overlaps` and `score_runs` give
    """
    cells = dict(read_skeletons(skeletons))
    count = len(overlaps) // max(1, len(names))
    return {
        name: score_segmentation(
            *(read_tables(t[i * count : (i + 1) * count]) for t in (overlaps, nodes)),
            cells,
        )
        for i, name in enumerate(names)
    }
