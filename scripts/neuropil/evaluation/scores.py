"""Numbers that sum up how well predictions agree with the truth."""

from __future__ import annotations

import numpy as np


def divide(part: float, whole: float, empty: float) -> float:
    """Fraction of a whole; ``empty`` where the whole is 0."""
    return float(part / whole) if whole else float(empty)


def score_detection(matched: float, truth: float, predicted: float) -> dict:
    """Precision, recall and F1 of a one-to-one matching.

    Precision is the matched part of what was predicted, recall the matched part of
    what is true, F1 = 2 · matched / (truth + predicted), their harmonic mean. Where
    nothing is true and nothing predicted all three are 1; where just one side is
    empty they are 0.

    Parameters
    ----------
    matched, truth, predicted : numbers of items, or sums of their weights

    >>> score_detection(3, truth=4, predicted=6)["f1"]
    0.6
    """
    nothing = float(truth == 0 and predicted == 0)
    return {
        "precision": divide(matched, predicted, nothing),
        "recall": divide(matched, truth, nothing),
        "f1": divide(2 * matched, truth + predicted, 1.0),
    }


def score_agreement(agrees: np.ndarray) -> float:
    """Fraction of matched items whose property agrees; 1 if nothing was matched."""
    return divide(np.count_nonzero(agrees), len(agrees), 1.0)


def average_precision(is_match: np.ndarray, truth: int) -> float:
    """Area under the precision-recall curve of ranked predictions.

    The curve is made monotonic first: the precision at a recall is the best precision
    at this or any higher recall (all points, as PASCAL VOC does since 2010). A perfect
    ranking of all true objects gives 1. With no true object it is 1 if nothing was
    predicted, and else 0.

    Parameters
    ----------
    is_match : (N,) bool, predictions from the best rank to the worst
        Whether the prediction was matched with a true object.
    truth : number of true objects

    >>> average_precision(np.array([True, False, True]), truth=2)
    0.8333333333333333
    """
    is_match = np.asarray(is_match, bool)
    if truth == 0:
        return float(len(is_match) == 0)
    hits = np.cumsum(is_match)
    precision = hits / np.arange(1, len(is_match) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(envelope[is_match].sum() / truth)
