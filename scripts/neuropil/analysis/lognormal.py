"""Log-normal distributions of sizes: the fit, how good it is, and a mixture of two.

All functions take natural logarithms of sizes: there, a log-normal distribution is a
normal one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import OptimizeResult, minimize
from scipy.special import expit, logit, ndtr

MIN_FIT = 3  # sizes from which on a distribution is fitted
MIN_MIXTURE = 20  # and a mixture of two
STARTS = (0.2, 0.5, 0.8)  # quantiles at which the sizes are parted to begin with
LEAST_SD = 0.1  # of a component, over that of all: else it shrinks to a single size
FINE_BINS = 4096
LOG_2PI = np.log(2 * np.pi)


class LogNormal(NamedTuple):
    """A fit: mean and SD of the logarithms, and the log likelihood (of these)."""

    mean: float
    sd: float
    log_likelihood: float


class Mixture(NamedTuple):
    """Two components in the order of their means; each field but the last has two."""

    share: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    log_likelihood: float


def fit_log_normal(logs: np.ndarray) -> LogNormal | None:
    """Fit by maximum likelihood; None where sizes are too few or all the same.

    >>> fit = fit_log_normal(np.log([1, np.e**2, np.e**4]))
    >>> float(fit.mean), round(float(fit.sd), 3)
    (2.0, 1.633)
    """
    if len(logs) < MIN_FIT or np.ptp(logs) == 0:
        return None
    mean, sd = logs.mean(), logs.std()
    return LogNormal(mean, sd, log_density(logs, mean, sd).sum())


def log_density(logs: np.ndarray, mean, sd) -> np.ndarray:
    """Logarithm of the normal density; ``mean`` and ``sd`` may be arrays."""
    return -(((logs - mean) / sd) ** 2) / 2 - np.log(sd) - LOG_2PI / 2


def ks_distance(logs: np.ndarray, fit: LogNormal) -> float:
    """Largest distance between the cumulative distributions of sizes and of the fit."""
    expected = ndtr((np.sort(logs) - fit.mean) / fit.sd)
    steps = np.arange(len(logs) + 1) / len(logs)
    return float(max((steps[1:] - expected).max(), (expected - steps[:-1]).max()))


def fit_mixture(logs: np.ndarray) -> Mixture | None:
    """Fit a mixture of two by maximum likelihood, the best of three starts.

    The starts part the sizes at fixed quantiles, so that nothing is drawn at random.
    No component gets an SD below a tenth of that of all sizes. Many sizes are counted
    in thousands of bins before, so that time does not grow with them; the likelihood is
    that of the sizes themselves. None where sizes are too few or all the same.
    """
    if len(logs) < MIN_MIXTURE or np.ptp(logs) == 0:
        return None
    values, counts = bin_finely(np.sort(logs))
    least = LEAST_SD * logs.std()
    fits = [climb(values, counts, quantile, least) for quantile in STARTS]
    best = min(fits, key=lambda fit: fit.fun).x
    share = expit(np.array([best[0], -best[0]]))
    mean, sd = best[1:3], np.exp(best[3:5])
    order = np.argsort(mean, kind="stable")
    both = np.log(share)[:, None] + log_density(logs, mean[:, None], sd[:, None])
    likelihood = float(np.logaddexp(*both).sum())
    return Mixture(share[order], mean[order], sd[order], likelihood)


def bin_finely(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct values and how often each comes; of many, means of narrow bins."""
    if len(logs) <= FINE_BINS:
        return logs, np.ones(len(logs))
    edges = np.linspace(logs[0], logs[-1], FINE_BINS + 1)[1:-1]
    place = np.searchsorted(edges, logs, side="right")
    counts = np.bincount(place, minlength=FINE_BINS)
    sums = np.bincount(place, logs, minlength=FINE_BINS)
    return sums[counts > 0] / counts[counts > 0], counts[counts > 0].astype(float)


def climb(
    values: np.ndarray, counts: np.ndarray, quantile: float, least: float
) -> OptimizeResult:
    """Climb to a maximum of the likelihood from sizes parted at a quantile.

    ``x`` of the result: logit of the first share, both means, logarithms of both SDs.
    """
    inside = np.cumsum(counts) <= quantile * counts.sum()
    inside[0], inside[-1] = True, False
    parts = [(values[part], counts[part]) for part in (inside, ~inside)]
    means = [np.average(v, weights=c) for v, c in parts]
    spreads = [np.average((v - m) ** 2, weights=c) for (v, c), m in zip(parts, means)]
    sds = np.sqrt(spreads).clip(min=2 * least)
    share = counts[inside].sum() / counts.sum()
    bounds = [(-12, 12), *[(None, None)] * 2, *[(np.log(least), None)] * 2]
    return minimize(
        lambda x: weigh_mixture(x, values, counts),
        np.array([logit(share), *means, *np.log(sds)]),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-8},
    )


def weigh_mixture(
    x: np.ndarray, values: np.ndarray, counts: np.ndarray
) -> tuple[float, np.ndarray]:
    """Mean negative log likelihood of a mixture of two, and its gradient (`climb`)."""
    share, mean, sd = expit(np.array([x[0], -x[0]])), x[1:3, None], np.exp(x[3:5, None])
    joint = np.log(share)[:, None] + log_density(values, mean, sd)
    each = np.logaddexp(*joint)
    members = np.exp(joint - each) * counts / counts.sum()
    away = (values - mean) / sd
    slope = [
        members[0].sum() - share[0],
        *(members * away / sd).sum(axis=1),
        *(members * (away**2 - 1)).sum(axis=1),
    ]
    return -float(each @ counts / counts.sum()), -np.array(slope)


def bic(log_likelihood: float, parameters: int, count: int) -> float:
    """Bayesian information criterion (Schwarz 1978): the smaller, the better."""
    return parameters * np.log(count) - 2 * log_likelihood


def gini(sizes: np.ndarray) -> float:
    """How unequal sizes are: 0 if all are equal, towards 1 if one has it all.

    >>> round(gini(np.array([0, 0, 0, 1])), 2), gini(np.array([2, 2]))
    (0.75, 0.0)
    """
    ranks = np.arange(1, len(sizes) + 1)
    weighted = (2 * ranks - len(sizes) - 1) @ np.sort(sizes)
    return float(weighted / (len(sizes) * sizes.sum()))
