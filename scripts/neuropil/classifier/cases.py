"""Labelled candidates of one or several runs, and how they are held out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.classifier.folds import Folds, fold_cells, fold_regions
from neuropil.classifier.model import LEAST
from neuropil.classifier.sides import list_features
from neuropil.errors import InputError
from neuropil.storage import read_table

PLACE = ["z_nm", "y_nm", "x_nm"]


class Labelled(NamedTuple):
    """Labelled candidates, row by row.

    Attributes
    ----------
    evidence, labels : tables of schemas ``synapse_evidence``, ``synapse_labels``
    run : (N,) int64, number of the run that a case is of
    """

    evidence: pd.DataFrame
    labels: pd.DataFrame
    run: np.ndarray


def read_cases(
    evidence: Sequence[str | os.PathLike],
    labels: Sequence[str | os.PathLike],
    features: Sequence[str] | None,
) -> Labelled:
    """Read the labelled candidates of runs.

    Parameters
    ----------
    evidence, labels : files, run by run
    features : those that will be learnt from, None for all

    Raises
    ------
    InputError
        If a run is there twice, runs have other features than the first, labels are of
        other candidates, a feature that is asked for is in none, or a class of labels
        is too small to learn from
    """
    if len({os.path.realpath(path) for path in labels}) < len(labels):
        raise InputError(
            f"{[str(path) for path in labels]} has a run twice: what is learnt from "
            "one would be tested on the other. classifier: runs is for others than "
            "this run; take it out."
        )
    parts = [read_run(*paths) for paths in zip(evidence, labels)]
    known = [set(table.columns) for table, _ in parts]
    for path, columns in zip(evidence, known):
        if columns != known[0]:
            raise InputError(
                f"{path} and {evidence[0]} differ in the features "
                f"{sorted(columns ^ known[0])}. Learn from runs with the same "
                "organelles, synapses: radii_nm and joined tables, or take it out of "
                "classifier: runs."
            )
    check_features(parts[0][0], features)
    tables, marks = (pd.concat(column, ignore_index=True) for column in zip(*parts))
    check_classes(marks, labels)
    run = np.repeat(np.arange(len(parts)), [len(table) for table, _ in parts])
    return Labelled(tables, marks, run)


def read_run(evidence: str | os.PathLike, labels: str | os.PathLike):
    """Read the evidence about the labelled candidates of a run, and their labels."""
    marks = read_table(labels)
    table = read_table(evidence).set_index("synapse", drop=False)
    if strange := marks.loc[~marks["synapse"].isin(table.index), "synapse"].tolist():
        raise InputError(
            f"{labels} has {len(strange)} candidates, such as {strange[0]}, that are "
            f"not in {evidence}: one of both is of an older run. Make both again."
        )
    return table.loc[marks["synapse"]].reset_index(drop=True), marks


def check_features(
    evidence: pd.DataFrame, features: Sequence[str] | None, key: str = "features"
) -> None:
    """Refuse names of features, of a key of the config, that are in no table."""
    known = [name for part in list_features(evidence) for name in part]
    strange = [name for name in features or [] if name not in known]
    if strange:
        raise InputError(
            f"classifier: {key} has {strange}, which are not measured. There are "
            f"{known}; organelles, synapses: radii_nm and classifier: joined of the "
            "config decide. Name some of these."
        )


def check_classes(labels: pd.DataFrame, paths: Sequence[str | os.PathLike]) -> None:
    """Refuse labels that do not teach what is a synapse; the rest may be open."""
    real = int(labels["is_synaptic"].sum())
    if min(real, len(labels) - real) < LEAST:
        raise InputError(
            f"The labels in {[str(path) for path in paths]} are {real} synapses and "
            f"{len(labels) - real} others; at least {LEAST} of each are needed to "
            "learn from. Label more candidates, or add a run to classifier: runs."
        )


def fold(cases: Labelled, settings: Mapping) -> dict[str, Folds]:
    """Fold cases by cell and by region; nothing of two runs is the same.

    Parameters
    ----------
    settings : section ``classifier`` of the config: folds, seed
    """
    how, seed = settings["folds"], settings["seed"]
    cells = cases.evidence[["cell_a", "cell_b"]].to_numpy(np.uint64)
    ids, number = np.unique(cells, return_inverse=True)
    number = number.reshape(cells.shape) + cases.run[:, None] * len(ids)
    places = cases.evidence[PLACE].to_numpy(float)
    extent = np.ceil((np.ptp(places, axis=0).max() + 1) / how["region_nm"]) + 1
    places = places + (cases.run * extent * how["region_nm"])[:, None]
    return {
        "cell": fold_cells(number, how["count"], seed),
        "region": fold_regions(places, how["region_nm"], how["count"], seed),
    }
