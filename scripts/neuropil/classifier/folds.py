"""Folds for cross-validation that keep neighbours of a test case out of its training.

Two candidates of one cell share that cell's organelles, two in one place share the
image; a fold drawn at random would let a classifier remember both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np


class Folds(NamedTuple):
    """Which groups each case belongs to; no case may learn from its own groups.

    Attributes
    ----------
    groups : (N, G) int64, numbers of the groups of each case, from 0
    """

    groups: np.ndarray

    def split(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield training and test cases (bool, (N,) each); each is tested once.

        A test set holds the cases of the same groups; what shares a group with it does
        not train.
        """
        sets, of = np.unique(np.sort(self.groups, axis=1), axis=0, return_inverse=True)
        for number, members in enumerate(sets):
            train = ~np.isin(self.groups, members).any(axis=1)
            yield train, of.ravel() == number


def fold_cells(cells: np.ndarray, count: int, seed: int) -> Folds:
    """Fold by cell: a case learns from none that shares either of its cells' folds.

    Parameters
    ----------
    cells : (N, 2) uint64, both cells of each case
    count : folds into which cells are dealt out
    seed : of the deal
    """
    names, of = np.unique(cells, return_inverse=True)
    return Folds(deal(len(names), count, seed)[of.reshape(cells.shape)])


def fold_regions(places_nm: np.ndarray, side_nm: float, count: int, seed: int) -> Folds:
    """Fold by region: cubes of tissue are dealt out to folds.

    Parameters
    ----------
    places_nm : (N, 3) of the cases
    side_nm : of a cube
    count, seed : as for cells
    """
    cubes = np.floor(np.asarray(places_nm, float) / side_nm).astype(np.int64)
    names, of = np.unique(cubes, axis=0, return_inverse=True)
    return Folds(deal(len(names), count, seed)[of.ravel()][:, None])


def deal(items: int, count: int, seed: int) -> np.ndarray:
    """Deal items out to folds as evenly as can be: the fold (items,) of each."""
    fold = np.arange(items) % count
    return np.random.default_rng(seed).permutation(fold)


def sample_cases(allowed: np.ndarray, strata: Sequence, count: int, seed: int):
    """Choose some cases at random, of each stratum its share: (N,) bool.

    Parameters
    ----------
    allowed : (N,) bool, cases to choose from
    strata : (N,), what each case is
    count : how many to choose; all that are allowed, if there are no more
    seed : of the choice
    """
    rows = np.flatnonzero(allowed)
    if len(rows) <= count:
        return allowed.copy()
    rows = np.random.default_rng(seed).permutation(rows)
    _, of, sizes = np.unique(
        np.asarray(strata)[rows], return_inverse=True, return_counts=True
    )
    rank = np.empty(len(rows))
    for stratum, size in enumerate(sizes):
        rank[of == stratum] = (np.arange(size) + 0.5) / size
    chosen = np.zeros(len(allowed), bool)
    chosen[rows[np.argsort(rank, kind="stable")[:count]]] = True
    return chosen
