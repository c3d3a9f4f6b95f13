"""Pairs of cells with several synapses, and whether the sizes of these are alike.

Two synapses of the same axon on the same dendrite saw the same activity; if activity
shapes them, they are alike in size (Bartol et al. 2015, eLife 4:e10778; Motta et al.
2019, Science 366:eaay3134). They are compared with pairs of synapses that share the
presynaptic cell alone, the postsynaptic cell alone, and neither.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

# Pairs of synapses by the cells that they share: which pairs to add and to take away.
RELATIONS = {
    "same_pair": {"pair": 1},
    "same_pre": {"pre": 1, "pair": -1},
    "same_post": {"post": 1, "pair": -1},
    "unrelated": {"all": 1, "pre": -1, "post": -1, "pair": 1},
}
ENDS = (2.5, 97.5)  # percentiles of what shuffling gives


def number_cells(synapses: pd.DataFrame) -> dict[str, np.ndarray]:
    """Give numbers from 0 to the cells, and pairs of cells, of synapses.

    Returns
    -------
    ``pre``, ``post``, ``pair`` and ``all`` (zeros), each (N,) int
    """
    pre = np.unique(synapses["pre"], return_inverse=True)[1]
    post = np.unique(synapses["post"], return_inverse=True)[1]
    pair = np.unique(join_numbers(pre, post), return_inverse=True)[1]
    return {"pre": pre, "post": post, "pair": pair, "all": np.zeros_like(pre)}


def join_numbers(pre: np.ndarray, post: np.ndarray) -> np.ndarray:
    """One number per pair of numbers."""
    return pre * (post.max(initial=0) + 1) + post


def count_pairs(cells: dict[str, np.ndarray]) -> np.ndarray:
    """Count pairs of cells by their number of synapses, from 0 synapses on."""
    return np.bincount(np.bincount(cells["pair"]))


def shuffle_partners(
    cells: dict[str, np.ndarray], shuffles: int, rng: np.random.Generator
) -> np.ndarray:
    """Count pairs of cells by their number of synapses, partners drawn anew.

    Every cell keeps its numbers of synapses; which of them meet is shuffled, as in the
    configuration model. Touching plays no role in it, nor do connections of a cell to
    itself have another chance than others.

    Returns
    -------
    (shuffles, most synapses + 1) int
    """
    counts, pre, post = [], cells["pre"], cells["post"]
    for _ in range(shuffles):
        joined = np.sort(join_numbers(pre, rng.permutation(post)))
        starts = np.flatnonzero(np.diff(joined, prepend=-1))
        counts.append(np.bincount(np.diff(starts, append=len(joined))))
    width = max((len(row) for row in counts), default=1)
    return np.array([np.pad(row, (0, width - len(row))) for row in counts], int)


def correlate(
    values: np.ndarray,
    cells: dict[str, np.ndarray],
    relation: str,
    mates: np.ndarray | None = None,
) -> tuple[float, int]:
    """Correlation of values over all pairs of synapses of a relation.

    Each pair counts in both orders (Fisher's intraclass correlation), so that it does
    not matter which synapse is the first, and mean and variance are those of the
    synapses that take part. Sums over groups give it without listing any pair.

    Parameters
    ----------
    values : (N,) float
    cells : as `number_cells` gives them
    relation : key of `RELATIONS`
    mates : what `count_mates` gives, if it is known already

    Returns
    -------
    Coefficient, NaN where there is no pair or no variance; number of pairs
    """
    weight = count_mates(cells, relation) if mates is None else mates
    total = weight.sum()
    if total == 0:
        return np.nan, 0
    values = values - values.mean()  # sums of squares then lose no digits
    mean = weight @ values / total
    variance = weight @ (values - mean) ** 2 / total
    if variance <= 1e-12:
        return np.nan, int(total) // 2
    signs = RELATIONS[relation].items()
    cross = sum(
        sign * (np.bincount(cells[group], values) ** 2).sum() for group, sign in signs
    )
    cross -= sum(RELATIONS[relation].values()) * (values**2).sum()
    return float((cross / total - mean**2) / variance), int(total) // 2


def count_mates(cells: dict[str, np.ndarray], relation: str) -> np.ndarray:
    """With how many others each synapse makes a pair of the relation, (N,) int."""
    counts = [
        sign * np.bincount(cells[group])[cells[group]]
        for group, sign in RELATIONS[relation].items()
    ]
    return sum(counts) - sum(RELATIONS[relation].values())


def shuffle_correlation(
    values: np.ndarray,
    cells: dict[str, np.ndarray],
    question: tuple[str, str],
    shuffles: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Coefficients of `correlate` after values were shuffled, (shuffles,) float.

    Parameters
    ----------
    question : the relation, and within which groups values are shuffled: ``pre``,
        ``post`` or ``all``. With ``all``, only synapses that take part in a pair of the
        relation exchange values: if pairs of many synapses have larger ones, that is no
        likeness.
    """
    relation, within = question
    mates = count_mates(cells, relation)
    if within == "all":
        takes_part = mates > 0
        cells = {name: numbers[takes_part] for name, numbers in cells.items()}
        values, mates = values[takes_part], mates[takes_part]
        shuffled = (rng.permutation(values) for _ in range(shuffles))
    else:
        shuffled = (shuffle_within(values, cells[within], rng) for _ in range(shuffles))
    return np.array([correlate(new, cells, relation, mates)[0] for new in shuffled])


def shuffle_within(
    values: np.ndarray, groups: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Shuffle values among the members of each group."""
    shuffled = np.empty_like(values)
    order = np.lexsort((rng.random(len(values)), groups))
    shuffled[np.argsort(groups, kind="stable")] = values[order]
    return shuffled


def compare_shuffled(found: float, shuffled: np.ndarray) -> dict[str, float]:
    """Set a value beside those after shuffling: expected, low, high, p.

    p is the share of values at least as large, the found one counted among them
    (Phipson and Smyth 2010), so that it is never 0.
    """
    shuffled = shuffled[np.isfinite(shuffled)]
    if not len(shuffled) or not np.isfinite(found):
        return {}
    low, high = np.percentile(shuffled, ENDS)
    larger = 1 + (shuffled >= found - 1e-12).sum()
    p = larger / (1 + len(shuffled))
    return {"expected": shuffled.mean(), "low": low, "high": high, "p": p}
