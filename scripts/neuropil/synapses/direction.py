"""Which cell of a synapse is presynaptic, and whether it is a synapse at all.

Read from ultrastructure by a rule with few parameters, all in the config: a logistic
function of how much of each kind of organelle lies near on either side, and of how the
junction lies. Its table is all that later steps know, so that a trained classifier can
replace it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from neuropil.errors import InputError


def predict_direction(
    candidates: pd.DataFrame,
    features: pd.DataFrame,
    voxel_size_nm: Sequence[float],
    settings: Mapping,
) -> pd.DataFrame:
    """Predict direction and reality of synapses from the organelles on both sides.

    The evidence of an organelle in one cell is ``volume / (volume + half_um3)``, from 0
    to 1, of its volume within ``radius_nm`` of the synapse. The log odds that cell a is
    presynaptic are the evidence in a minus that in b, times ``direction``, summed over
    organelles: swapping a and b turns p into exactly 1 - p. The log odds of a synapse
    are ``offset`` plus, each times its weight ``synaptic``: the larger evidence of the
    two cells per organelle, the evidence of the synapse's own volume, and the share of
    its junction that it holds.

    Parameters
    ----------
    candidates : synapse, voxel_count, junction_share, ...
    features : table of schema ``synapse_features``
    voxel_size_nm : (z, y, x)
    settings : section ``synapses.direction`` of the config

    Returns
    -------
    Table of schema ``synapse_direction``. An organelle without a map gives no evidence;
    without a map of the ``deciding`` one the direction is open: its probability is 0.5,
    and ``method`` is "none".
    """
    synapses = candidates["synapse"].to_numpy()
    known = set(features["organelle"])
    used = [name for name in settings["organelles"] if name in known]
    direction, reality = (
        np.zeros(len(synapses)),
        weigh_junction(candidates, voxel_size_nm, settings),
    )
    for name in used:
        weights = settings["organelles"][name]
        a, b = weigh_organelle(synapses, features, name, weights)
        direction += weights["direction"] * (a - b)
        reality += weights["synaptic"] * np.maximum(a, b)
    method = "+".join(used) if settings["deciding"] in used else "none"
    logging.info("%d candidates, direction by %s", len(synapses), method)
    return pd.DataFrame(
        {
            "synapse": synapses,
            "p_first_is_pre": mirrored_logistic(direction * (method != "none")),
            "p_synaptic": expit(reality),
            "p_excitatory": np.nan,
            "method": method,
        }
    )


def weigh_junction(
    candidates: pd.DataFrame, voxel_size_nm: Sequence[float], settings: Mapping
) -> np.ndarray:
    """Log odds (N,) of a synapse that its size and its share of the junction give."""
    volume = candidates["voxel_count"].to_numpy() * float(np.prod(voxel_size_nm)) * 1e-9
    size, share = settings["size"], settings["junction_share"]
    return (
        settings["offset"]
        + size["synaptic"] * volume / (volume + size["half_um3"])
        + share["synaptic"] * candidates["junction_share"].to_numpy()
    )


def weigh_organelle(
    synapses: np.ndarray, features: pd.DataFrame, organelle: str, weights: Mapping
) -> tuple[np.ndarray, np.ndarray]:
    """Evidence (N,), from 0 to 1, that an organelle gives in cell a and in cell b.

    Raises
    ------
    InputError
        If nothing was measured within the radius that the weights name.
    """
    near = features["radius_nm"] == weights["radius_nm"]
    table = features[near & (features["organelle"] == organelle)].set_index("synapse")
    if table.empty and len(synapses):
        radii = sorted(set(features["radius_nm"]))
        raise InputError(
            f"synapses.direction.organelles.{organelle}.radius_nm is "
            f"{weights['radius_nm']}, but features are measured within {radii}. "
            "Add this radius to synapses.radii_nm."
        )
    table = table.reindex(synapses)
    volumes = (table[f"volume_{side}_um3"].to_numpy() for side in "ab")
    a, b = (v / (v + weights["half_um3"]) for v in volumes)
    return a, b


def mirrored_logistic(log_odds: np.ndarray) -> np.ndarray:
    """Logistic function whose values at x and -x add up to exactly 1.

    >>> p = mirrored_logistic(np.array([0.3, -0.3]))
    >>> bool(p[0] == 1 - p[1]), bool(p[1] == 1 - p[0])
    (True, True)
    """
    upper = expit(np.abs(log_odds))
    return np.where(log_odds >= 0, upper, 1 - upper)
