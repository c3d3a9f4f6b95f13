"""Compare predicted connections and contact areas with true ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuropil.evaluation.identity import order_pairs, translate_cells
from neuropil.evaluation.scores import score_agreement, score_detection

EDGE = ["pre", "post"]
PAIR = ["cell_a", "cell_b"]


def match_edges(
    truth: pd.DataFrame, predicted: pd.DataFrame, mapping: pd.DataFrame
) -> pd.DataFrame:
    """Match predicted directed connections with true ones, one to one.

    A predicted edge is right if there is a true edge between the true cells of its
    ends, in its direction. If several predicted edges stand for the same true one (the
    fragments of a split cell), the one with the most synapses is right (then the larger
    area, then the smaller ids) and the others are false.

    Parameters
    ----------
    truth : pre, post, count, area_um2, sign
    predicted : pre, post (predicted cells), synapse_count, area_um2, sign
    mapping : table of `identity.match_cells`

    Returns
    -------
    Rows of schema ``edge_matches``: one per true edge, found or missed, and one per
    false predicted edge
    """
    predicted = predicted.rename(columns={"pre": "cell_pre", "post": "cell_post"})
    for side in EDGE:
        predicted[side] = translate_cells(predicted[f"cell_{side}"], mapping)
    order = ["pre", "post", "synapse_count", "area_um2", "cell_pre", "cell_post"]
    ascending = [True, True, False, False, True, True]
    predicted = predicted.sort_values(order, ascending=ascending, ignore_index=True)
    predicted["first"] = ~predicted.duplicated(EDGE)
    edges = truth.rename(columns={"count": "synapse_count"})
    edges = edges[[*EDGE, "synapse_count", "area_um2", "sign"]].assign(first=True)
    joined = edges.merge(
        predicted[[*EDGE, "synapse_count", "area_um2", "sign", "first"]],
        on=[*EDGE, "first"],
        how="outer",
        suffixes=("_truth", "_predicted"),
    )
    return name_outcomes(joined.drop(columns="first"))


def name_outcomes(joined: pd.DataFrame) -> pd.DataFrame:
    """Fill the side that is not there with zeros, and name the outcome of each row."""
    out = joined[EDGE].copy()
    for side in ("truth", "predicted"):
        for name in ("synapse_count", "area_um2", "sign"):
            out[f"{side}_{name}"] = joined[f"{name}_{side}"].fillna(0)
    there = [out[f"{side}_synapse_count"] > 0 for side in ("truth", "predicted")]
    out["outcome"] = np.select(
        [there[0] & there[1], there[0]], ["true", "missed"], "false"
    )
    return out.sort_values([*EDGE, "outcome"], ignore_index=True)


def score_edges(matches: pd.DataFrame) -> dict:
    """Sum up a table of `match_edges`.

    Returns
    -------
    precision, recall, f1 : of directed edges, whatever their strength
    weighted_f1 : F1 with synapses as weights: per edge, the smaller of the true and the
        predicted number of synapses is matched
    sign_accuracy : fraction of matched edges with the true sign
    matched, missed, false : numbers of edges
    """
    counts = matches["outcome"].value_counts()
    matched, missed, false = (
        int(counts.get(k, 0)) for k in ("true", "missed", "false")
    )
    weights = matches[["truth_synapse_count", "predicted_synapse_count"]]
    common = weights.min(axis=1).sum()
    weighted = score_detection(common, *weights.sum())
    right = matches[matches["outcome"] == "true"]
    return {
        **score_detection(matched, matched + missed, matched + false),
        "weighted_f1": weighted["f1"],
        "sign_accuracy": score_agreement(
            right["truth_sign"] == right["predicted_sign"]
        ),
        "matched": matched,
        "missed": missed,
        "false": false,
    }


def compare_contacts(
    truth: pd.DataFrame, predicted: pd.DataFrame, mapping: pd.DataFrame
) -> pd.DataFrame:
    """Put true and predicted contact areas of the same two cells side by side.

    Predicted areas are summed over the predicted pairs that stand for the same true
    pair; a pair of fragments of one cell keeps its area, which is false.

    Parameters
    ----------
    truth : cell_a, cell_b, area_um2
    predicted : the same columns; cells are predicted ones
    mapping : table of `identity.match_cells`

    Returns
    -------
    cell_a, cell_b (true cells, ``cell_a <= cell_b``, 0 is none), truth_area_um2,
    predicted_area_um2, error_um2 (predicted - true)
    """
    cells = [translate_cells(predicted[name], mapping) for name in PAIR]
    parts = []
    for side, table, (first, second) in (
        ("truth", truth, (truth["cell_a"].to_numpy(), truth["cell_b"].to_numpy())),
        ("predicted", predicted, cells),
    ):
        a, b = order_pairs(first, second)
        area = table["area_um2"].to_numpy(float)
        parts.append(pd.DataFrame({"cell_a": a, "cell_b": b, f"{side}_area_um2": area}))
    both = pd.concat(parts, ignore_index=True).groupby(PAIR, as_index=False).sum()
    both["error_um2"] = both["predicted_area_um2"] - both["truth_area_um2"]
    return both


def score_contacts(areas: pd.DataFrame) -> dict:
    """Sum up a table of `compare_contacts`.

    Returns
    -------
    area_error : sum of |predicted - true area| over all pairs of cells, divided by the
        sum of the true areas; missed and false pairs count in full; None without truth
    bias : the same with signs, so that too large and too small areas cancel
    pairs_f1 : F1 of the touching pairs, whatever their area
    """
    truth, error = areas["truth_area_um2"], areas["error_um2"]
    there = [truth > 0, areas["predicted_area_um2"] > 0]
    pairs = score_detection((there[0] & there[1]).sum(), there[0].sum(), there[1].sum())
    total = float(truth.sum())
    return {
        "area_error": float(error.abs().sum() / total) if total else None,
        "bias": float(error.sum() / total) if total else None,
        "pairs_f1": pairs["f1"],
        "truth_area_um2": total,
        "predicted_area_um2": float(areas["predicted_area_um2"].sum()),
    }
