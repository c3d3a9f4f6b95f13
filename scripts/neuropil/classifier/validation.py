"""How good classifiers are on cases that they have not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from neuropil.classifier.folds import Folds, sample_cases
from neuropil.classifier.learners import calibrate
from neuropil.classifier.model import (
    DIRECTION,
    Cases,
    Training,
    first_lean,
    list_classes,
    train,
)
from neuropil.classifier.reliability import calibration_error, mirror
from neuropil.classifier.sides import Matrix, as_matrix


def cross_validate(
    evidence: pd.DataFrame,
    labels: pd.DataFrame,
    specs: Mapping[str, Mapping],
    schemes: Mapping[str, Folds],
) -> tuple[pd.DataFrame, dict[tuple[str, str], Training]]:
    """Predict every labelled case by classifiers and calibrations that don't know it.

    Parameters
    ----------
    evidence, labels : row by row of the same synapses
    specs, schemes : classifiers, and ways to fold, by name

    Returns
    -------
    Table of schema ``held_out``, with the row of each case instead of its run; what
    training gave, by scheme and classifier
    """
    parts, trained = [], {}
    for scheme, folds in schemes.items():
        for learner, spec in specs.items():
            made = trained[scheme, learner] = train(evidence, labels, folds, spec)
            for target, y in made.classes.items():
                known = ~np.isnan(y)
                own = Folds(folds.groups[known])
                scores, truth = made.scores[target][known], y[known] == 1
                p = cross_calibrate(scores, truth, own, target == DIRECTION)
                columns = {"scheme": scheme, "learner": learner, "target": target}
                columns["synapse"] = evidence["synapse"].to_numpy()[known]
                columns["row"] = np.flatnonzero(known)
                parts.append(pd.DataFrame({**columns, "is_true": truth, "p": p}))
    return pd.concat(parts, ignore_index=True), trained


def cross_calibrate(
    scores: np.ndarray, y: np.ndarray, folds: Folds, mirrored: bool
) -> np.ndarray:
    """Probabilities (N,) of held-out scores, calibrated by cases of other groups."""
    out = np.empty(len(scores))
    for learn, test in folds.split():
        out[test] = calibrate(scores[learn], y[learn], mirrored)(scores[test])
    return out


def score_target(p: np.ndarray, y: np.ndarray, min_p: float = 0.5) -> dict:
    """Sum up predictions of one target.

    Parameters
    ----------
    p : (N,) probabilities of the class
    y : (N,) bool, whether a case is of it
    min_p : a case is called if the likelier class is at least so probable

    Returns
    -------
    count, share of the class, average_precision, accuracy (of cases called), called
    (their share), calibration_error (expected, ten bins), brier score; None where
    there is nothing to count
    """
    if not len(p):
        return {"count": 0}
    called = np.maximum(p, 1 - p) >= min_p
    right = (p >= 0.5) == y
    both = 0 < y.sum() < len(y)
    return {
        "count": len(y),
        "share": float(y.mean()),
        "average_precision": float(average_precision_score(y, p)) if both else None,
        "accuracy": float(right[called].mean()) if called.any() else None,
        "called": float(called.mean()),
        "calibration_error": calibration_error(p, y),
        "brier": float(np.mean((p - y) ** 2)),
    }


def score_held_out(table: pd.DataFrame, min_p: Mapping[str, float]) -> dict:
    """Sum up a table of `cross_validate`: by scheme, learner and target.

    Parameters
    ----------
    table : of schema ``held_out``
    min_p : per target, from which probability on a case is called
    """
    out: dict = {}
    for (scheme, learner, target), part in table.groupby(
        ["scheme", "learner", "target"], sort=False
    ):
        p, y = part["p"].to_numpy(), part["is_true"].to_numpy(bool)
        if target == DIRECTION:
            p, y = mirror(p, y)
        scores = score_target(p, y, min_p.get(target, 0.5))
        out.setdefault(scheme, {}).setdefault(learner, {})[target] = scores
    return out


def measure_curve(
    evidence: pd.DataFrame,
    labels: pd.DataFrame,
    folds: Folds,
    spec: Mapping,
    samples: tuple[Sequence[int], int],
) -> pd.DataFrame:
    """Measure how the number of labels changes what is learnt: schema ``label_counts``.

    Each test set is predicted from a stratified sample of the cases that share no group
    with it; sizes that not all of these have are left out. Last come all of them, with
    their mean number. ``samples``: sizes, and how many samples of each.
    """
    (sizes, repeats), rows = samples, []
    learnt, tested = zip(*((a.sum(), b.sum()) for a, b in folds.split()))
    least, mean = min(learnt), round(np.average(learnt, weights=tested))
    matrix = as_matrix(evidence, spec["features"])
    classes = list_classes(labels)
    lean = first_lean(evidence, classes)
    strata = labels["is_synaptic"].to_numpy() * 3 + labels["sign"].to_numpy()
    for size in [*(n for n in sizes if n <= least and n < mean), len(labels)]:
        for repeat in range(repeats if size < mean else 1):
            sample = (strata, size, repeat)
            scores = score_sample(matrix, (classes, lean), folds, spec, sample)
            for target, values in scores.items():
                count = min(size, mean)
                row = {"label_count": count, "repeat": repeat, "target": target}
                rows.append({**row, **values})
    return pd.DataFrame(rows)


def score_sample(
    matrix: Matrix, known: tuple, folds: Folds, spec: Mapping, sample: tuple
) -> dict[str, dict]:
    """Scores by target of what is learnt from samples.

    Parameters
    ----------
    known : classes (N,) of each target; direction (N,) by the rule, if none is learnt
    sample : strata, size, number
    """
    (strata, size, repeat), (classes, lean), out = sample, known, {}
    for name, y in classes.items():
        cases, score = Cases(matrix, lean), np.empty(len(y))
        for number, (learn, test) in enumerate(folds.split()):
            seed = spec["seed"] + 1000 * repeat + number
            chosen = sample_cases(learn, strata, size, seed)
            learner = cases.fit(spec, y, chosen)
            score[test] = cases.score(learner)[test]
        if name == DIRECTION:
            lean = 0.5 + 0.5 * np.sign(score)
        known = ~np.isnan(y)
        values = score_target((score[known] > 0).astype(float), y[known] == 1)
        both = 0 < (y[known] == 1).sum() < known.sum()
        truth = y[known] == 1
        precision = average_precision_score(truth, score[known]) if both else np.nan
        out[name] = {"accuracy": values["accuracy"], "average_precision": precision}
    return out
