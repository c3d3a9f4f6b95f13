"""How well probabilities agree with what is true, for scores and figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

BINS = 10  # of probability, equally wide


def bin_reliability(p: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Mean probability and share of the class per bin of probability that has cases."""
    number = np.minimum((p * BINS).astype(int), BINS - 1)
    table = pd.DataFrame({"bin": number, "p": p, "share": y.astype(float), "count": 1})
    means = {"p": "mean", "share": "mean", "count": "sum"}
    return table.groupby("bin", as_index=False).agg(means)


def calibration_error(p: np.ndarray, y: np.ndarray) -> float:
    """Mean difference of p and share over the cases: expected calibration error."""
    bins = bin_reliability(p, y)
    return float(np.average((bins["p"] - bins["share"]).abs(), weights=bins["count"]))


def mirror(p: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add the mirror image of each case: both sides of a direction count alike."""
    return np.concatenate([p, 1 - p]), np.concatenate([y, ~y])


def bound_share(share: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds (N,) of 95 % of shares (N,) of counts (N,) of cases (Wilson 1927).

    >>> low, high = bound_share(np.array([1.0, 0.5]), np.array([10, 100]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.722, 0.404], [1.0, 0.596])
    """
    z2 = 1.959964**2 / count
    middle = (share + z2 / 2) / (1 + z2)
    half = np.sqrt(z2 * share * (1 - share) + z2**2 / 4) / (1 + z2)
    return (middle - half).clip(0, 1), (middle + half).clip(0, 1)


def trace_precision(p: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Recall and precision (M,) each, of each p as a threshold, recall rising.

    Empty if all cases are of one class: there is nothing to tell apart.

    >>> p, y = np.array([0.9, 0.7, 0.7, 0.1]), np.array([True, False, True, True])
    >>> [column.round(2).tolist() for column in trace_precision(p, y)]
    [[0.33, 0.67, 1.0], [1.0, 0.67, 0.75]]
    """
    if not 0 < y.sum() < len(y):
        return np.empty(0), np.empty(0)
    order = np.argsort(-p, kind="stable")
    last = np.append(np.diff(p[order]) != 0, True)  # of cases with the same p
    right, called = np.cumsum(y[order])[last], np.flatnonzero(last) + 1
    return right / y.sum(), right / called
