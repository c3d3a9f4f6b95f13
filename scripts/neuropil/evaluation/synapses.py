"""Compare predicted synapses with true ones, one to one, and say why some differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from neuropil.evaluation.identity import order_pairs, translate_cells
from neuropil.evaluation.reasons import (
    REACH_NM,
    explain_false,
    explain_missed,
    name_junctions,
)
from neuropil.evaluation.scores import score_agreement, score_detection

LOOK_NM = 1000.0  # a counterpart this far away explains a mistake ("too far")
POSITION = ["z_nm", "y_nm", "x_nm"]
DESCRIBED = ["synapse", "pre", "post", "sign", "area_um2"]


def find_near(truth: pd.DataFrame, predicted: pd.DataFrame, reach_nm: float):
    """Find all pairs of a true and a predicted synapse within a distance.

    Returns
    -------
    DataFrame: truth, predicted (row numbers), distance_nm, same (bool: both lie between
    the same two true cells, whatever the direction)
    """
    if len(truth) == 0 or len(predicted) == 0:
        return pd.DataFrame(
            {"truth": [], "predicted": [], "distance_nm": [], "same": []}
        ).astype({"truth": int, "predicted": int, "same": bool})
    near = KDTree(truth[POSITION]).sparse_distance_matrix(
        KDTree(predicted[POSITION]), reach_nm, output_type="ndarray"
    )
    frame = pd.DataFrame(
        {"truth": near["i"], "predicted": near["j"], "distance_nm": near["v"]}
    )
    sides = [
        np.stack(order_pairs(t["pre"].to_numpy(), t["post"].to_numpy()), axis=1)
        for t in (truth, predicted)
    ]
    pairs = sides[0][frame["truth"]], sides[1][frame["predicted"]]
    distinct = pairs[1][:, 0] != pairs[1][:, 1]
    frame["same"] = (
        (pairs[0] == pairs[1]).all(axis=1) & distinct & (pairs[0] > 0).all(1)
    )
    return frame.sort_values(["truth", "predicted"], ignore_index=True)


def assign_nearest(near: pd.DataFrame) -> pd.DataFrame:
    """Choose pairs so that each item is used once, most pairs first, then nearest.

    Optimal: no other choice has more pairs, and none with as many has a smaller sum of
    distances. Solved apart for each connected group of candidates.

    Parameters
    ----------
    near : truth, predicted (row numbers), distance_nm: the allowed pairs

    Returns
    -------
    The chosen rows of ``near``
    """
    if near.empty:
        return near
    size = near[["truth", "predicted"]].max() + 1
    graph = coo_array(
        (np.ones(len(near)), (near["truth"], near["predicted"] + size["truth"])),
        shape=(size.sum(), size.sum()),
    )
    group = connected_components(graph, directed=False)[1][near["truth"]]
    alone = np.bincount(group)[group] == 1
    chosen = [assign_group(part) for _, part in near[~alone].groupby(group[~alone])]
    return pd.concat([near[alone], *chosen]).sort_index()


def assign_group(near: pd.DataFrame) -> pd.DataFrame:
    """Solve one connected group of `assign_nearest`."""
    rows, row = np.unique(near["truth"], return_inverse=True)
    columns, column = np.unique(near["predicted"], return_inverse=True)
    bonus = 1.0 + near["distance_nm"].sum()  # a further pair outweighs all distances
    cost = np.zeros((len(rows), len(columns)))
    cost[row, column] = near["distance_nm"] - bonus
    chosen = np.zeros(cost.shape, bool)
    chosen[linear_sum_assignment(cost)] = True
    return near[chosen[row, column]]


def match_synapses(
    truth: pd.DataFrame,
    predicted: pd.DataFrame,
    mapping: pd.DataFrame,
    rejected: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Match predicted with true synapses, and explain what has no match.

    A prediction is right if it lies within 200 nm of a true synapse and joins the same
    two cells, in either direction; each is used once (`assign_nearest`).

    Parameters
    ----------
    truth : synapse, pre, post, z_nm, y_nm, x_nm, area_um2, sign
    predicted : the same columns; pre and post are predicted cells
    mapping : table of `identity.match_cells`
    rejected : like ``predicted``: candidates that the pipeline dropped

    Returns
    -------
    Rows of schema ``synapse_matches``: one per true synapse, matched or missed, and one
    per false prediction
    """
    rejected = predicted.iloc[:0] if rejected is None else rejected
    truth = truth.reset_index(drop=True)
    predicted = translate_synapses(predicted, mapping)
    near = find_near(truth, predicted, LOOK_NM)
    right = assign_nearest(near[near["same"] & (near["distance_nm"] <= REACH_NM)])
    far = find_near(truth, translate_synapses(rejected, mapping), REACH_NM)
    missed = explain_missed(len(truth), near, right, far)
    false = explain_false(len(predicted), near, right)
    return pd.concat(
        [
            describe(truth, predicted, right.assign(outcome="true", reason="")),
            describe(truth, predicted, missed.assign(outcome="missed")),
            describe(truth, predicted, false.assign(outcome="false")),
        ],
        ignore_index=True,
    )


def match_candidates(
    truth: pd.DataFrame,
    candidates: pd.DataFrame,
    mapping: pd.DataFrame,
    junctions: pd.DataFrame,
    min_p_synaptic: float,
) -> pd.DataFrame:
    """Match the candidates that are likely synapses; the others are ``rejected``.

    Parameters
    ----------
    candidates : connectome/synapses.parquet, with the columns p_synaptic and junction
    junctions : table of schema ``organelle_matches`` of the synaptic junctions
    min_p_synaptic : less likely candidates are rejected

    Other parameters and the result are those of `match_synapses`.
    """
    likely = candidates["p_synaptic"] >= min_p_synaptic
    matches = match_synapses(truth, candidates[likely], mapping, candidates[~likely])
    return name_junctions(matches, junctions, candidates)


def translate_synapses(predicted: pd.DataFrame, mapping: pd.DataFrame) -> pd.DataFrame:
    """Give predicted synapses the true ids of their cells."""
    return predicted.reset_index(drop=True).assign(
        pre=translate_cells(predicted["pre"], mapping),
        post=translate_cells(predicted["post"], mapping),
    )


def describe(truth: pd.DataFrame, predicted: pd.DataFrame, rows: pd.DataFrame):
    """Turn row numbers into ids and properties; 0 where a side is not there."""
    sides = {
        "truth": take_rows(truth, rows["truth"]),
        "predicted": take_rows(predicted, rows["predicted"]),
    }
    own = "predicted" if (rows["outcome"] == "false").all() else "truth"
    out = {axis: sides[own][axis].to_numpy() for axis in POSITION}
    for side, taken in sides.items():
        for name in DESCRIBED:
            out[f"{side}_{name}"] = taken[name].to_numpy()
    for name in ("distance_nm", "outcome", "reason"):
        out[name] = rows[name].to_numpy()
    return pd.DataFrame(out)


def take_rows(table: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    """Rows of a table by number; a row of zeros for -1."""
    rows = rows.to_numpy(int)
    taken = {}
    for name in [*DESCRIBED, *POSITION]:
        values = table[name].to_numpy()
        taken[name] = np.zeros(len(rows), values.dtype)
        taken[name][rows >= 0] = values[rows[rows >= 0]]
    return pd.DataFrame(taken)


def score_synapses(matches: pd.DataFrame) -> dict:
    """Sum up a table of `match_synapses`.

    Returns
    -------
    dict of ``synapses`` (precision, recall, f1, the numbers behind them; area_ratio:
    median of predicted over true area of matched synapses, None without any), ``sign``
    (accuracy: fraction of matched synapses with the true sign, an unknown one is wrong)
    and ``direction`` (accuracy: fraction of matched synapses with the true cell as the
    presynaptic one)
    """
    counts = matches["outcome"].value_counts()
    matched, missed, false = (
        int(counts.get(k, 0)) for k in ("true", "missed", "false")
    )
    right = matches[matches["outcome"] == "true"]
    ratio = (right["predicted_area_um2"] / right["truth_area_um2"]).median()
    numbers = {"matched": matched, "missed": missed, "false": false}
    numbers["area_ratio"] = float(ratio) if matched else None
    scores = score_detection(matched, matched + missed, matched + false)
    sign = score_agreement(right["truth_sign"] == right["predicted_sign"])
    direction = score_agreement(right["truth_pre"] == right["predicted_pre"])
    return {
        "synapses": {**scores, **numbers},
        "sign": {"accuracy": sign},
        "direction": {"accuracy": direction},
    }
