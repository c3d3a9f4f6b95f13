"""What each threshold of probability gains and costs, where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from neuropil.connectome import compare_thresholds, gather_edges
from neuropil.evaluation.connectome import match_edges, score_edges
from neuropil.evaluation.synapses import match_synapses, score_synapses

SCORES = ("precision", "recall", "f1")


def evaluate_thresholds(
    synapses: pd.DataFrame,
    truth: tuple[pd.DataFrame, pd.DataFrame],
    cells: pd.DataFrame,
    thresholds: Sequence[float],
    min_p_direction: float,
) -> pd.DataFrame:
    """Score synapses and directed edges at thresholds of p_synaptic.

    Parameters
    ----------
    synapses : connectome/synapses.parquet
    truth : the true synapses, and the true edges
    cells : table of `identity.match_cells`
    thresholds : of p_synaptic, rising
    min_p_direction : as in the config, the same at all thresholds

    Returns
    -------
    Table of schema ``threshold_scores``
    """
    true_synapses, true_edges = truth
    table = compare_thresholds(synapses, thresholds, min_p_direction)
    for row, threshold in enumerate(thresholds):
        likely = synapses[synapses["p_synaptic"] >= threshold]
        found = score_synapses(match_synapses(true_synapses, likely, cells))
        edges = gather_edges(synapses, threshold, min_p_direction)
        joined = score_edges(match_edges(true_edges, edges, cells))
        for name, scores in (("synapse", found["synapses"]), ("edge", joined)):
            for score in SCORES:
                table.loc[row, f"{name}_{score}"] = scores[score]
    return table
