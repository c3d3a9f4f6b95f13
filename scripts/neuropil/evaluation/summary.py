"""All scores of a run in one file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from neuropil.evaluation.connectome import score_contacts, score_edges
from neuropil.evaluation.organelles import score_mapping, score_objects
from neuropil.evaluation.synapses import score_synapses
from neuropil.storage import read_table


def collect_scores(
    synapses: pd.DataFrame,
    edges: pd.DataFrame,
    contacts: pd.DataFrame,
    organelles: dict[str, pd.DataFrame],
) -> dict:
    """Sum up every comparison with the truth.

    Parameters
    ----------
    synapses, edges, contacts : tables of schemas ``synapse_matches``, ``edge_matches``
        and ``contact_areas``
    organelles : per organelle its table of schema ``organelle_matches``

    Returns
    -------
    dict of sections ``synapses``, ``sign``, ``direction``, ``edges``, ``contacts``,
    ``organelles`` and ``mapping``; the last two have a section per organelle. Each
    number is explained by the function that computes it: `score_synapses`,
    `score_edges`, `score_contacts`, `score_objects`, `score_mapping`
    """
    return {
        **score_synapses(synapses),
        "edges": score_edges(edges),
        "contacts": score_contacts(contacts),
        "organelles": {name: score_objects(t) for name, t in organelles.items()},
        "mapping": {name: score_mapping(t) for name, t in organelles.items()},
    }


def read_organelles(paths: Iterable[str | os.PathLike]) -> dict[str, pd.DataFrame]:
    """Read tables of matched organelles; each file has its organelle's name."""
    return {Path(path).stem: read_table(path) for path in paths}
