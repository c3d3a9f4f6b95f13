"""A model that tells from the features of an edge whether its sides are one cell.

Boosted trees on edges of an over-segmentation, as in gala (Nunez-Iglesias et al. 2013,
PLoS ONE 8:e71715), but of supervoxels alone: the cost of an edge between groups is the
mean over all faces between them, of what the trees say of each edge of supervoxels.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from neuropil.classifier.learners import Platt, make_boosting, score
from neuropil.classifier.model import Classifier, Part
from neuropil.classifier.store import Kind
from neuropil.errors import InputError
from neuropil.schemas.segmentation import PAIR, SEEN

TARGET = "joined"
KIND = Kind("segmentation.model", TARGET, (TARGET,), "snakemake edge_model")
SETTINGS = {
    "learning_rate": 0.06,
    "trees": 200,
    "leaves": 31,
    "least_cases": 20,
    "l2": 0.0,
    "features_per_split": 1.0,
}
LEAST = 100  # edges of each kind; fewer teach nothing


def train_edges(tables: Iterable[pd.DataFrame]) -> Classifier:
    """Learn which edges join.

    An edge counts by the root of its faces: large ones decide more, and a thousand
    small ones not less than all of a soma.

    Parameters
    ----------
    tables : `LABELLED_EDGES` of each run

    Raises
    ------
    InputError
        If there are too few edges of a kind
    """
    cases = pd.concat(tables, ignore_index=True)
    joined = cases[TARGET].to_numpy(bool)
    if min(joined.sum(), (~joined).sum()) < LEAST:
        raise InputError(
            f"The truth joins {joined.sum()} edges between supervoxels and parts "
            f"{(~joined).sum()}; at least {LEAST} of each are needed. Add runs with "
            "more truth (segmentation.runs), or set segmentation.model to null."
        )
    x, weight = cases[[*SEEN]].to_numpy(), np.sqrt(cases["weight"].to_numpy())
    with threadpool_limits(1):  # the same trees on any number of cores
        learner = make_boosting(SETTINGS, 0).fit(x, joined, sample_weight=weight)
    logging.info("learnt from %d edges, %.0f %% join", len(x), 100 * joined.mean())
    return Classifier({TARGET: Part(learner, Platt(1.0, 0.0))}, SEEN)


def predict_edges(model: Classifier, features: pd.DataFrame) -> pd.DataFrame:
    """Predict how surely the sides of edges are one cell.

    Parameters
    ----------
    features : of `features.measure_features`

    Returns
    -------
    `SCORES`: `PAIR` and score, 0 to 1

    Raises
    ------
    InputError
        If the model wants features that no edge has
    """
    part = model.parts[TARGET]
    if strange := sorted(set(model.features) - set(features)):
        raise InputError(
            f"The model of segmentation.model reads {strange}, which edges do not "
            "have. Train it again (snakemake edge_model)."
        )
    odds = score(part.learner, features[[*model.features]].to_numpy())
    return features[PAIR].assign(score=part.platt(odds))
