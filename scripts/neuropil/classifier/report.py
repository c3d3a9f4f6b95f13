"""All that is to be known about classifiers before they are trusted."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import log_expit

from neuropil.classifier.cases import Labelled, check_features
from neuropil.classifier.folds import Folds
from neuropil.classifier.model import DIRECTION, TARGETS, Cases, Training, first_lean
from neuropil.classifier.sides import Matrix, as_matrix
from neuropil.classifier.validation import (
    cross_calibrate,
    cross_validate,
    measure_curve,
    mirror,
    score_held_out,
    score_target,
)

PACKAGES = ("scikit-learn", "numpy", "scipy", "skops")


class Report(NamedTuple):
    """Tables of schemas ``held_out``, ``label_counts``, ``importance``; scores."""

    held_out: pd.DataFrame
    curve: pd.DataFrame
    importance: pd.DataFrame
    scores: dict


def evaluate_classifier(
    cases: Labelled, schemes: Mapping[str, Folds], settings: Mapping
) -> Report:
    """Compare the classifier with the reference, on held-out cases.

    Parameters
    ----------
    cases : labelled candidates
    schemes : ways to fold them
    settings : section ``classifier`` of the config

    Raises
    ------
    InputError
        If the reference needs features that are not measured
    """
    wanted = settings["reference"]["features"]
    check_features(cases.evidence, wanted, "reference: features")
    specs = {"chosen": settings, "reference": settings | settings["reference"]}
    tables = (cases.evidence, cases.labels)
    held_out, trained = cross_validate(*tables, specs, schemes)
    held_out["run"] = cases.run[held_out.pop("row")]
    folds, curve = schemes[settings["folds"]["by"]], settings["curve"]
    scores = score_held_out(held_out, {"sign": settings["min_p_sign"]})
    made = trained[settings["folds"]["by"], "chosen"]
    return Report(
        held_out,
        measure_curve(
            *tables, folds, settings, (curve["label_counts"], curve["repeats"])
        ),
        measure_importance(cases.evidence, made, folds, settings),
        scores,
    )


def measure_importance(
    evidence: pd.DataFrame, made: Training, folds: Folds, spec: Mapping
) -> pd.DataFrame:
    """Measure what each feature is worth: schema ``importance``.

    How much the log loss of held-out cases grows if a feature is exchanged between
    them, at random, on both sides alike (Breiman 2001).
    """
    matrix, rows = as_matrix(evidence, spec["features"]), []
    lean = first_lean(evidence, made.classes)
    random = np.random.default_rng(spec["seed"])
    for name, y in made.classes.items():
        cases = Cases(matrix, lean)
        known, platt = ~np.isnan(y), made.classifier.parts[name].platt
        truth = y[known] == 1
        learners = [(cases.fit(spec, y, t), test) for t, test in folds.split()]
        before = log_loss(platt.odds(made.scores[name][known]), truth)
        for feature in (f for part in matrix.names for f in part):
            mixed = Cases(exchange(matrix, feature, random), lean)
            scores = np.empty(len(y))
            for learner, test in learners:
                scores[test] = mixed.score(learner)[test]
            loss = log_loss(platt.odds(scores[known]), truth) - before
            rows.append({"target": name, "feature": feature, "loss": loss})
        if name == DIRECTION:
            lean = platt(made.scores[name])
    return pd.DataFrame(rows)


def log_loss(odds: np.ndarray, y: np.ndarray) -> float:
    """Mean log loss, in nats, of log odds (N,) for classes (N,) bool."""
    return float(-np.mean(log_expit(np.where(y, odds, -odds))))


def exchange(matrix: Matrix, feature: str, random: np.random.Generator) -> Matrix:
    """Exchange a feature between cases; both sides of a case go together."""
    order = random.permutation(len(matrix.shared))
    shared, sided = matrix.names
    parts = [part.copy() for part in matrix[:3]]
    at = shared.index(feature) if feature in shared else sided.index(feature)
    for part in parts[:1] if feature in shared else parts[1:]:
        part[:, at] = part[order, at]
    return Matrix(*parts, matrix.names)


def describe_training(
    training: Training,
    given: tuple[Labelled, Folds],
    files: Sequence[str | os.PathLike],
    settings: Mapping,
) -> dict:
    """Card of a classifier: what it learnt from, how, with what, and held-out scores.

    Parameters
    ----------
    given : labelled candidates, and how they were held out
    files : that it learnt from; their digests are written down
    settings : section ``classifier`` of the config
    """
    cases, folds = given
    counts = {
        name: {
            "yes": int((y == 1).sum()),
            "no": int((y == 0).sum()),
            "open": int(np.isnan(y).sum()),
        }
        for name, y in training.classes.items()
    }
    parts = training.classifier.parts
    return {
        "predicts": {name: TARGETS[name].column for name in parts},
        "features": list(training.classifier.features),
        "learner": settings["learner"],
        "settings": settings[settings["learner"]],
        "seed": settings["seed"],
        "folds": settings["folds"],
        "calibration": {name: part.platt._asdict() for name, part in parts.items()},
        "labels": counts,
        "held_out": score_training(training, folds),
        "runs": int(cases.run.max()) + 1,
        "learnt_from": {str(path): digest(path) for path in files},
        "versions": {name: version(name) for name in PACKAGES},
    }


def score_training(training: Training, folds: Folds) -> dict:
    """Scores by target on held-out cases, by calibrations that don't know them."""
    out = {}
    for name, y in training.classes.items():
        known, mirrored = ~np.isnan(y), name == DIRECTION
        own, truth = Folds(folds.groups[known]), y[known] == 1
        p = cross_calibrate(training.scores[name][known], truth, own, mirrored)
        cases = mirror(p, truth) if mirrored else (p, truth)
        out[name] = score_target(*cases)
    return out


def digest(path: str | os.PathLike) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
