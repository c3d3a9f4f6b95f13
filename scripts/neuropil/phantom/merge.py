"""Merge the partial truth of all chunks to the phantom's truth tables."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from neuropil.phantom.fragments import list_membership, merge_fragments, score_edges
from neuropil.phantom.statistics import summarise_phantom
from neuropil.phantom.tissue import Tissue
from neuropil.phantom.truth import measure_truth, merge_counts


def merge_phantom(
    tissue: Tissue, counts: Iterable[pd.DataFrame], fragments: Iterable[pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Make the truth tables, the agglomeration's edges, and the statistics.

    Parameters
    ----------
    tissue : the tissue
    counts, fragments : tables `COUNTS` and `FRAGMENT_COUNTS` of all chunks

    Returns
    -------
    Tables by name: those of `TRUTH`, ``agglomeration`` and ``statistics``.
    """
    counts, fragments = merge_counts(counts), merge_fragments(fragments)
    truth = measure_truth(counts, tissue)
    truth["membership"] = list_membership(fragments, tissue)
    statistics = summarise_phantom(counts, tissue, truth)
    edges = score_edges(fragments, tissue)
    return truth | {"agglomeration": edges, "statistics": statistics}
