"""Turn evidence so that the sides of a synapse mean something, whatever the cells' ids.

Directions are told from both orders of the cells; reality and sign from the presynaptic
side first, so that no feature hangs on which cell has the smaller id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

SIDED = ("_a", "_b")
BY_RULE = "p_first_is_pre"  # stands in for a direction that was not learnt
KEYS = {"synapse", "cell_a", "cell_b", "z_nm", "y_nm", "x_nm", BY_RULE}


class Matrix(NamedTuple):
    """Evidence as numbers.

    Attributes
    ----------
    shared : (N, S) float64, of whole synapses
    first, second : (N, F) float64, the same features of either cell
    names : of the S shared and of the F sided features
    """

    shared: np.ndarray
    first: np.ndarray
    second: np.ndarray
    names: tuple[tuple[str, ...], tuple[str, ...]]

    def rows(self, chosen: np.ndarray) -> Matrix:
        """Keep some rows."""
        parts = (self.shared[chosen], self.first[chosen], self.second[chosen])
        return Matrix(*parts, self.names)

    def swapped(self) -> Matrix:
        """Exchange both cells of every synapse."""
        return self._replace(first=self.second, second=self.first)

    def ordered(self) -> np.ndarray:
        """All features (N, S + 3F): shared, first, second, first less second."""
        sides = (self.first, self.second, self.first - self.second)
        return np.concatenate([self.shared, *sides], axis=1)

    def turned(self, swap: np.ndarray) -> Matrix:
        """Exchange the cells of some synapses (N,) bool."""
        sides = (self.first, self.second)
        first, second = np.where(swap[:, None], sides[::-1], sides)
        return self._replace(first=first, second=second)

    def columns(self) -> list[tuple[str, list[int]]]:
        """Features, and which columns of `ordered` come from each."""
        shared, sided = self.names
        first, step = len(shared), len(sided)
        parts = [(name, [at]) for at, name in enumerate(shared)]
        for at, name in enumerate(sided, first):
            parts.append((name, [at, at + step, at + 2 * step]))
        return parts


def as_matrix(evidence: pd.DataFrame, names: Sequence[str] | None = None) -> Matrix:
    """Take the features of a table of evidence.

    Parameters
    ----------
    evidence : table of schema ``synapse_evidence``
    names : features to take, those of cells without side; all of them if None

    Raises
    ------
    KeyError
        If a feature is not there; its argument is the name
    """
    known = list_features(evidence)
    wanted = [name for part in known for name in part] if names is None else names
    shared = tuple(name for name in wanted if name in known[0])
    sided = tuple(name for name in wanted if name in known[1])
    for name in wanted:
        if name not in shared and name not in sided:
            raise KeyError(name)
    sides = ([f"{name}{side}" for name in sided] for side in SIDED)
    columns = [evidence[list(part)].to_numpy(float) for part in (shared, *sides)]
    return Matrix(*columns, (shared, sided))


def list_features(evidence: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Name the features of whole synapses, and of cells, of a table of evidence."""
    columns = list(evidence.columns)
    sided = [c[:-2] for c in columns if c.endswith("_a") and c != "cell_a"]
    both = {f"{name}{side}" for name in sided for side in SIDED}
    return [c for c in columns if c not in both | KEYS], sided
