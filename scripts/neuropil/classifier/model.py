"""Classifiers of candidates: which cell is presynaptic, is it a synapse, which sign.

The direction is learnt first, from both orders of the cells, so that exchanging them
turns its probability p into exactly 1 - p. The others see the likelier presynaptic cell
first; in training as in use, by a prediction that has not seen the case.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.classifier.folds import Folds
from neuropil.classifier.learners import Platt, calibrate, fit, score
from neuropil.classifier.sides import BY_RULE, Matrix, as_matrix
from neuropil.errors import InputError

DIRECTION = "direction"
LEAST = 10  # labels of each class; fewer teach nothing


class Target(NamedTuple):
    """What is learnt: column of the result, and classes (N,), NaN where unlabelled."""

    column: str
    classes: object


#: To add a class of labels is to add an entry: what a table of labels says of it.
TARGETS: dict[str, Target] = {
    DIRECTION: Target("p_first_is_pre", lambda t: t["first_is_pre"]),
    "synaptic": Target("p_synaptic", lambda t: t["is_synaptic"]),
    "sign": Target("p_excitatory", lambda t: (t["sign"] > 0).where(t["sign"] != 0)),
}


class Part(NamedTuple):
    """A learner of one target, and how its scores become probabilities."""

    learner: object
    platt: Platt


class Classifier(NamedTuple):
    """All parts by target, and the features that they read."""

    parts: Mapping[str, Part]
    features: tuple[str, ...]

    def predict(self, evidence: pd.DataFrame) -> pd.DataFrame:
        """Predict candidates.

        Parameters
        ----------
        evidence : table of schema ``synapse_evidence``

        Returns
        -------
        synapse, and a column of probabilities per target: the rule's direction, and
        NaN for others, where labels were too few to learn it
        """
        matrix = as_matrix(evidence, self.features)
        out = pd.DataFrame({"synapse": evidence["synapse"].to_numpy()})
        lean = None
        for name, target in TARGETS.items():
            if name in self.parts:
                learner, platt = self.parts[name]
                out[target.column] = platt(Cases(matrix, lean).score(learner))
            else:
                known = name == DIRECTION
                out[target.column] = evidence[BY_RULE].to_numpy() if known else np.nan
            lean = out[TARGETS[DIRECTION].column].to_numpy()
        return out


class Cases(NamedTuple):
    """Cases of one target.

    Attributes
    ----------
    matrix : their evidence
    p_first_is_pre : (N,), by which cells are turned; None for the direction itself
    """

    matrix: Matrix
    p_first_is_pre: np.ndarray | None = None

    def fit(self, spec: Mapping, y: np.ndarray, rows: np.ndarray):
        """Fit a learner to some rows (N,) bool, of those whose class y is known."""
        rows = rows & ~np.isnan(y)
        one, known = self.matrix.rows(rows), y[rows] == 1
        how = (spec["learner"], spec[spec["learner"]])
        if self.p_first_is_pre is None:
            x = np.concatenate([one.ordered(), one.swapped().ordered()])
            return fit(*how, x, np.concatenate([known, ~known]), spec["seed"])
        turned = one.turned(self.p_first_is_pre[rows] < 0.5)
        return fit(*how, turned.ordered(), known, spec["seed"])

    def score(self, learner) -> np.ndarray:
        """Log odds (N,); where the direction is open, the mean of both orders."""
        there, back = self.matrix, self.matrix.swapped()
        if self.p_first_is_pre is None:
            both = (score(learner, m.ordered()) for m in (there, back))
            return np.subtract(*both) / 2
        swap, open_ = self.p_first_is_pre < 0.5, self.p_first_is_pre == 0.5
        out = score(learner, there.turned(swap).ordered())
        if open_.any():
            out[open_] += score(learner, back.rows(open_).ordered())
            out[open_] /= 2
        return out

    def hold_out(self, spec: Mapping, y: np.ndarray, folds: Folds) -> np.ndarray:
        """Score each case (N,) by a learner that shares no group with it."""
        out = np.empty(len(y))
        for train, test in folds.split():
            cases = Cases(*(None if c is None else pick(c, test) for c in self))
            out[test] = cases.score(self.fit(spec, y, train))
        return out


def pick(column: Matrix | np.ndarray, rows: np.ndarray) -> Matrix | np.ndarray:
    """Keep some rows."""
    return column.rows(rows) if isinstance(column, Matrix) else column[rows]


class Training(NamedTuple):
    """What training gives.

    Attributes
    ----------
    classifier : fitted to all cases
    scores, classes : per target (N,), log odds by learners that had not seen the case,
        before calibration; classes, NaN where unlabelled
    """

    classifier: Classifier
    scores: Mapping[str, np.ndarray]
    classes: Mapping[str, np.ndarray]


def list_classes(labels: pd.DataFrame) -> dict[str, np.ndarray]:
    """Classes (N,), NaN where unlabelled, of each target that can be learnt.

    At least `LEAST` cases of both classes are needed; of directions, which are
    mirrored, of both together. The rule tells directions, and the type of junctions
    signs, that were not learnt.
    """
    out = {}
    for name, target in TARGETS.items():
        y = target.classes(labels).to_numpy(float, na_value=np.nan)
        counts = [(y == 0).sum(), (y == 1).sum()]
        if (sum(counts) if name == DIRECTION else min(counts)) >= LEAST:
            out[name] = y
        else:
            logging.info("%s is not learnt: labels of it %s", name, counts)
    return out


def first_lean(evidence: pd.DataFrame, classes: Mapping) -> np.ndarray | None:
    """Direction (N,) by the rule, if none is learnt."""
    return None if DIRECTION in classes else evidence[BY_RULE].to_numpy()


def train(
    evidence: pd.DataFrame, labels: pd.DataFrame, folds: Folds, spec: Mapping
) -> Training:
    """Train classifiers of all targets, calibrated by held-out scores.

    Parameters
    ----------
    evidence, labels : tables of schemas ``synapse_evidence``, ``synapse_labels``, row
        by row of the same synapses
    folds : of the rows
    spec : learner, features (None for all), seed, and the settings of each learner
    """
    matrix, classes = as_matrix(evidence, spec["features"]), list_classes(labels)
    everything = np.ones(len(evidence), bool)
    parts, scores, lean = {}, {}, first_lean(evidence, classes)
    for name, y in classes.items():
        cases = Cases(matrix, lean)
        held = scores[name] = cases.hold_out(spec, y, folds)
        known = ~np.isnan(y)
        platt = calibrate(held[known], y[known] == 1, mirrored=name == DIRECTION)
        parts[name] = Part(cases.fit(spec, y, everything), platt)
        if name == DIRECTION:
            lean = platt(held)
    names = tuple(name for part in matrix.names for name in part)
    return Training(Classifier(parts, names), scores, classes)


def predict_synapses(classifier: Classifier, evidence: pd.DataFrame) -> pd.DataFrame:
    """Predict all candidates: table of schema ``synapse_direction``.

    Raises
    ------
    InputError
        If evidence that the classifier needs was not measured
    """
    try:
        table = classifier.predict(evidence)
    except KeyError as error:
        raise InputError(
            f"The classifier needs the feature {error.args[0]}, which was not "
            "measured. It was trained with other organelles, synapses: radii_nm or "
            "classifier: joined; use the same ones, or train again."
        ) from None
    logging.info(
        "%d candidates, %.0f synapses expected", len(table), table["p_synaptic"].sum()
    )
    return table.assign(method="classifier")
