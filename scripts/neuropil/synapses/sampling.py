"""Draw candidates of synapses to be labelled: some of every size and probability."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping

import numpy as np
import pandas as pd

from neuropil.buckets import mix

VOXEL = ["z_vx", "y_vx", "x_vx"]
CELLS = ["cell_a", "cell_b"]
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def sample_candidates(candidates: pd.DataFrame, settings: Mapping) -> pd.DataFrame:
    """Draw candidates in equal numbers from all strata, as far as these reach.

    Which ones follows from the seed and from the places of the candidates: a larger
    ``count`` adds to a smaller one, and the order of the rows does not matter.

    Parameters
    ----------
    candidates : synapse, z_vx, y_vx, x_vx, voxel_count, p_synaptic, ...
    settings : ``count`` (None for all), ``seed`` and ``strata`` (`find_strata`), of the
        section ``synapses.labels`` of the config

    Returns
    -------
    The rows drawn, with ``number`` from 1 in an order that tells nothing about them,
    and ``stratum``
    """
    strata = settings["strata"]
    table = candidates.assign(
        stratum=find_strata(candidates, strata["sizes"], strata["p_synaptic"]),
        lot=draw_lots(candidates[VOXEL].to_numpy(), settings["seed"]),
    ).sort_values(["lot", "synapse"])
    # Round by round, one of each stratum that has one left.
    table["round"] = table.groupby("stratum").cumcount()
    table = table.sort_values(["round", "stratum"]).head(
        settings["count"] or len(table)
    )
    # Another lot: rare ones, whose strata are drawn deep, must not come last.
    table["lot"] = mix(table["lot"].to_numpy())
    sample = table.sort_values(["lot", "synapse"]).drop(columns=["lot", "round"])
    logging.info(
        "%d of %d candidates drawn; strata, from small and unlikely on: %s",
        *(len(sample), len(candidates)),
        sample["stratum"].value_counts().sort_index().to_dict(),
    )
    return sample.assign(number=np.arange(1, len(sample) + 1)).reset_index(drop=True)


def find_strata(
    candidates: pd.DataFrame, sizes: int, borders: list[float]
) -> np.ndarray:
    """Group candidates by size and by the probability that they are synapses.

    Parameters
    ----------
    candidates : synapse, voxel_count, p_synaptic
    sizes : groups of equal numbers of candidates, from small to large
    borders : rising probabilities; a candidate is of the group above a border that it
        reaches

    Returns
    -------
    (N,) int64, size group times number of probability groups, plus probability group
    """
    order = candidates[["voxel_count", "synapse"]].reset_index(drop=True)
    order = order.sort_values(["voxel_count", "synapse"]).index
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    size = rank * sizes // max(len(order), 1)
    likely = np.searchsorted(borders, candidates["p_synaptic"], side="right")
    return size * (len(borders) + 1) + likely


def draw_lots(voxels: np.ndarray, seed: int) -> np.ndarray:
    """Random uint64 per voxel (N, 3); its place and the seed alone decide it."""
    lots = np.full(len(voxels), seed, np.uint64)
    for place in np.asarray(voxels).T:
        lots = mix(lots ^ mix(place.astype(np.uint64)))
    return lots


def make_keys(candidates: pd.DataFrame) -> list[str]:
    """Ten letters per candidate that tell it by its middle voxel and its two cells.

    A table of labels carries them: ids of synapses differ from run to run, and the same
    id may mean another candidate. Letters, since spreadsheets change numbers.

    Parameters
    ----------
    candidates : z_vx, y_vx, x_vx, cell_a, cell_b
    """
    rows = zip(*(candidates[name].tolist() for name in VOXEL + CELLS))
    texts = (" ".join(map(str, row)) for row in rows)
    digests = (hashlib.blake2b(text.encode(), digest_size=5) for text in texts)
    return [digest.hexdigest().translate(LETTERS) for digest in digests]
