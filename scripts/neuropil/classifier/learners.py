"""What learns from evidence, and how its scores become probabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from threadpoolctl import threadpool_limits

from neuropil.synapses.direction import mirrored_logistic

LIMIT = 1e-6  # probabilities of learners are kept so far from 0 and 1


def make_boosting(settings: dict, seed: int) -> HistGradientBoostingClassifier:
    """Boosted trees, small steps; undefined values go where they serve best."""
    return HistGradientBoostingClassifier(
        learning_rate=settings["learning_rate"],
        max_iter=settings["trees"],
        max_leaf_nodes=settings["leaves"],
        min_samples_leaf=settings["least_cases"],
        l2_regularization=settings["l2"],
        max_features=settings["features_per_split"],
        early_stopping=False,
        random_state=seed,
    )


def make_forest(settings: dict, seed: int) -> RandomForestClassifier:
    """Random forest; trees look at the root of the number of features at a time."""
    return RandomForestClassifier(
        settings["trees"],
        max_features="sqrt",
        min_samples_leaf=settings["least_cases"],
        random_state=seed,
        n_jobs=1,
    )


#: To add a kind of learner is to add an entry here, its type below if its files are to
#: be read (`store.list_trees` checks its trees), and its settings to the config.
LEARNERS: dict[str, Callable] = {"boosting": make_boosting, "forest": make_forest}
TYPES = (HistGradientBoostingClassifier, RandomForestClassifier)


class Constant(NamedTuple):
    """What is learnt from cases that are all of one class, or from none."""

    p: float


def fit(kind: str, settings: dict, x: np.ndarray, y: np.ndarray, seed: int):
    """Fit a learner to cases x (N, F) of classes y (N,) bool."""
    if len(y) == 0 or y.all() or not y.any():
        return Constant((y.sum() + 1) / (len(y) + 2))
    with threadpool_limits(1):  # more threads wait for each other: tables are small
        return LEARNERS[kind](settings, seed).fit(x, y)


def score(learner, x: np.ndarray) -> np.ndarray:
    """Log odds (N,) that a learner gives cases x (N, F)."""
    if isinstance(learner, Constant):
        return np.full(len(x), logit(learner.p))
    with threadpool_limits(1):
        p = learner.predict_proba(x)[:, 1] if len(x) else np.empty(0)
    return logit(np.clip(p, LIMIT, 1 - LIMIT))


class Platt(NamedTuple):
    """Calibrated log odds: slope x score + offset (Platt 1999)."""

    slope: float
    offset: float

    def __call__(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities (N,) of scores (N,)."""
        return mirrored_logistic(self.odds(scores))

    def odds(self, scores: np.ndarray) -> np.ndarray:
        """Log odds (N,) of scores (N,)."""
        return self.slope * scores + self.offset


def calibrate(scores: np.ndarray, y: np.ndarray, mirrored: bool) -> Platt:
    """Fit probabilities to held-out scores.

    Parameters
    ----------
    scores : (N,) log odds of cases that did not train
    y : (N,) bool, their classes
    mirrored : whether the classes are two sides of one thing: no offset, so that the
        opposite score has the opposite probability, exactly

    Targets are drawn in by Laplace's rule, as Platt did, so that classes that can be
    told apart without an error keep a finite slope.
    """
    if not len(y):
        return Platt(1.0, 0.0)
    high, low = (y.sum() + 1) / (y.sum() + 2), 1 / ((~y).sum() + 2)
    if mirrored:
        scores = np.concatenate([scores, -scores])
        y = np.concatenate([y, ~y])
        low = 1 - (high := (len(y) / 2 + 1) / (len(y) / 2 + 2))
    target = np.where(y, high, low)

    def loss(parameters: np.ndarray) -> float:
        odds = parameters[0] * scores + (0 if mirrored else parameters[1])
        return -np.mean(target * log_expit(odds) + (1 - target) * log_expit(-odds))

    # Of the wrong sense, scores are worth nothing, and the offset alone is fitted.
    bounds = [(0, None), (None, None)]
    slope, offset = minimize(loss, [1.0, 0.0], method="L-BFGS-B", bounds=bounds).x
    return Platt(float(slope), 0.0 if mirrored else float(offset))
