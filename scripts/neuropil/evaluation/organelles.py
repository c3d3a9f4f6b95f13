"""Compare predicted organelles with true ones by the voxels they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.cells import look_up
from neuropil.evaluation.identity import translate_cells
from neuropil.evaluation.scores import (
    average_precision,
    divide,
    score_agreement,
    score_detection,
)
from neuropil.grid import Box, Triple

MIN_IOU = 0.5
PAIR = ["truth", "object"]


def extract_overlaps(truth: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Count the voxels of each pair of a true and a predicted object in a box.

    Voxels that just one side knows are counted too, with 0 for the other, so that the
    table also gives every object's size; tables of boxes that tile a volume add up.

    Parameters
    ----------
    truth, predicted : (Z, Y, X) integers, ids; 0 is background

    Returns
    -------
    truth, object (uint64), voxel_count (int64)
    """
    sides = truth.ravel(), predicted.ravel()
    changes = np.logical_or(*(side[1:] != side[:-1] for side in sides))
    starts = np.append(np.arange(min(truth.size, 1)), np.flatnonzero(changes) + 1)
    runs = pd.DataFrame(dict(zip(PAIR, (side[starts] for side in sides))))
    runs = runs.astype(np.uint64)
    runs["voxel_count"] = np.diff(np.append(starts, truth.size))
    runs = runs[(runs[PAIR] != 0).any(axis=1)]
    return runs.groupby(PAIR, as_index=False)["voxel_count"].sum()


def overlap_chunk(
    truth: Callable[[Box], np.ndarray],
    predicted: Callable[[Box], np.ndarray],
    core: Box,
    block_shape: Triple,
    threads: int,
) -> pd.DataFrame:
    """Count overlaps (`extract_overlaps`) of a chunk, block by block.

    Parameters
    ----------
    truth, predicted : give the ids of a box
    core : voxels of the chunk
    """
    blocks = map_blocks(
        lambda box: extract_overlaps(truth(box), predicted(box)),
        core,
        block_shape,
        threads,
    )
    return merge_overlaps([overlaps for _, overlaps in blocks])


def merge_overlaps(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up tables of `extract_overlaps`; their order does not matter."""
    table = pd.concat(parts, ignore_index=True)
    return table.groupby(PAIR, as_index=False)["voxel_count"].sum()


def measure_iou(overlaps: pd.DataFrame) -> pd.DataFrame:
    """Intersection over union of every pair of objects that share voxels."""
    sizes = [overlaps.groupby(s)["voxel_count"].transform("sum") for s in PAIR]
    both = (overlaps[PAIR] != 0).all(axis=1)
    union = sizes[0] + sizes[1] - overlaps["voxel_count"]
    return overlaps.assign(iou=overlaps["voxel_count"] / union)[both]


def measure_sizes(overlaps: pd.DataFrame, side: str) -> pd.DataFrame:
    """Voxels of every object of a side ("truth" or "object"), ids ascending."""
    known = overlaps[overlaps[side] != 0]
    return known.groupby(side, as_index=False)["voxel_count"].sum()


def match_objects(overlaps: pd.DataFrame, min_size_vx: int = 0) -> pd.DataFrame:
    """Match predicted with true objects that share at least half of their union.

    Predictions choose in the order of their size (largest first, then the smaller id)
    the free true object with the highest intersection over union (IoU), if that is 0.5
    or more (then the smaller id). True objects that the pipeline is told to drop, most
    of them cut off by the border of the volume, count for nothing, matched or not.

    Parameters
    ----------
    overlaps : truth, object, voxel_count of the whole volume
    min_size_vx : true objects with fewer voxels get the outcome "ignored"

    Returns
    -------
    truth, object (ids; 0 where a side is not there), iou (of the match, or the best one
    of an object without a match), truth_voxel_count, object_voxel_count, outcome
    ("true", "missed", "false", "ignored"): one row per true object and per false
    prediction
    """
    pairs = measure_iou(overlaps)
    sizes = {side: measure_sizes(overlaps, side) for side in PAIR}
    right = choose_objects(pairs, sizes["object"])
    rows = [right.assign(outcome="true")]
    for side, other, outcome in (
        ("truth", "object", "missed"),
        ("object", "truth", "false"),
    ):
        rest = sizes[side][~sizes[side][side].isin(right[side])][[side]]
        best = pairs.groupby(side, as_index=False)["iou"].max()
        rest["iou"] = look_up(best[side], best["iou"], rest[side])
        rest[other] = np.zeros(len(rest), np.uint64)
        rows.append(rest.assign(outcome=outcome))
    matches = pd.concat([row[[*PAIR, "iou", "outcome"]] for row in rows])
    for side in PAIR:
        table = sizes[side]
        count = look_up(table[side], table["voxel_count"], matches[side])
        matches[f"{side}_voxel_count"] = count
    small = (matches["truth"] != 0) & (matches["truth_voxel_count"] < min_size_vx)
    matches["outcome"] = matches["outcome"].mask(small, "ignored")
    return matches.sort_values(PAIR, ignore_index=True)


def choose_objects(pairs: pd.DataFrame, sizes: pd.DataFrame) -> pd.DataFrame:
    """Let each predicted object take its best free true object, the largest first."""
    pairs = pairs[pairs["iou"] >= MIN_IOU]
    size = look_up(sizes["object"], sizes["voxel_count"], pairs["object"])
    order = ["size", "object", "iou", "truth"]
    ascending = [False, True, False, True]
    pairs = pairs.assign(size=size).sort_values(order, ascending=ascending)
    used, chosen = (set(), set()), []
    for truth, found in zip(pairs["truth"], pairs["object"]):
        free = truth not in used[0] and found not in used[1]
        chosen.append(free)
        if free:
            used[0].add(truth)
            used[1].add(found)
    return pairs[np.array(chosen, bool)][[*PAIR, "iou"]]


def name_truth(
    organelle: str, organelles: pd.DataFrame, synapses: pd.DataFrame
) -> pd.DataFrame:
    """Collect the true objects of one organelle.

    Parameters
    ----------
    organelle : ``sj`` for synaptic junctions; others are taken from ``organelles``
    organelles : organelle, object, cell, z_nm, y_nm, x_nm
    synapses : synapse, pre, post, z_nm, y_nm, x_nm

    Returns
    -------
    object, cell, other_cell (0, but for junctions, which lie in two cells), z_nm,
    y_nm, x_nm
    """
    if organelle == "sj":
        names = {"synapse": "object", "pre": "cell", "post": "other_cell"}
        table = synapses.rename(columns=names)
    else:
        table = organelles[organelles["organelle"] == organelle]
        table = table.assign(other_cell=np.uint64(0))
    return table[["object", "cell", "other_cell", "z_nm", "y_nm", "x_nm"]]


def locate_objects(
    matches: pd.DataFrame,
    truth: pd.DataFrame,
    predicted: pd.DataFrame,
    mapping: pd.DataFrame,
) -> pd.DataFrame:
    """Add to matches where the objects lie and which cells they belong to.

    Parameters
    ----------
    matches : table of `match_objects`
    truth : table of `name_truth`
    predicted : object, cell (predicted cells), z_nm, y_nm, x_nm
    mapping : table of `identity.match_cells`

    Returns
    -------
    Rows of schema ``organelle_matches``: the matches with truth_cell, truth_other_cell,
    object_cell (all true cells, 0 is none) and the place of the true object, or of the
    false prediction
    """
    ids, found = truth["object"], predicted["object"]
    cells = translate_cells(predicted["cell"], mapping)
    out = matches.assign(
        truth_cell=look_up(ids, truth["cell"], matches["truth"]),
        truth_other_cell=look_up(ids, truth["other_cell"], matches["truth"]),
        object_cell=look_up(found, cells, matches["object"]),
    )
    for axis in ("z_nm", "y_nm", "x_nm"):
        true = look_up(ids, truth[axis], matches["truth"])
        false = look_up(found, predicted[axis], matches["object"])
        out[axis] = np.where(matches["truth"] != 0, true, false)
    return out


def evaluate_organelles(
    overlaps: pd.DataFrame,
    truth: pd.DataFrame,
    predicted: pd.DataFrame,
    mapping: pd.DataFrame,
    min_size_vx: int,
) -> pd.DataFrame:
    """Match the objects of one organelle, and say where they lie and in which cells.

    Parameters
    ----------
    overlaps : tables of all chunks, one below the other
    truth, predicted, mapping : as `locate_objects` takes them
    min_size_vx : as `match_objects` takes it
    """
    matches = match_objects(merge_overlaps([overlaps]), min_size_vx)
    return locate_objects(matches, truth, predicted, mapping)


def score_objects(matches: pd.DataFrame) -> dict:
    """Sum up a table of `match_objects`.

    Returns
    -------
    ap50 : area under the precision-recall curve (`scores.average_precision`), a match
        being IoU >= 0.5; as instances come without a score, the larger ranks first
    precision, recall, f1 : of all predictions together
    mean_iou : of the matched objects; 0 if there are none
    matched, missed, false, ignored : numbers of objects
    """
    counts = matches["outcome"].value_counts()
    matched, missed, false = (
        int(counts.get(k, 0)) for k in ("true", "missed", "false")
    )
    order, ascending = ["object_voxel_count", "object"], [False, True]
    ranked = matches[matches["outcome"].isin(["true", "false"])]
    ranked = ranked.sort_values(order, ascending=ascending)
    is_match = (ranked["outcome"] == "true").to_numpy()
    return {
        "ap50": average_precision(is_match, matched + missed),
        **score_detection(matched, matched + missed, matched + false),
        "mean_iou": divide(matches.query("outcome == 'true'")["iou"].sum(), matched, 0),
        "matched": matched,
        "missed": missed,
        "false": false,
        "ignored": int(counts.get("ignored", 0)),
    }


def score_mapping(matches: pd.DataFrame) -> dict:
    """Score the link from organelles to cells, in a table of `locate_objects`.

    Returns
    -------
    accuracy : fraction of matched objects that the prediction puts into the true cell
        (of a junction: into one of its two); an object without a cell is wrong
    unmapped : fraction of matched objects without a cell
    """
    right = matches[matches["outcome"] == "true"]
    cell = right["object_cell"]
    agrees = (cell == right["truth_cell"]) | (cell == right["truth_other_cell"])
    return {
        "accuracy": score_agreement(agrees & (cell != 0)),
        "unmapped": divide((cell == 0).sum(), len(right), 0),
    }
