"""Labels of candidates as the truth gives them, in place of a person."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from neuropil.evaluation.identity import translate_cells
from neuropil.evaluation.reasons import REACH_NM
from neuropil.evaluation.synapses import assign_nearest, find_near
from neuropil.storage import read_table
from neuropil.synapses.direction import predict_direction
from neuropil.synapses.labels import read_labels
from neuropil.synapses.sampling import sample_candidates


def link_labels(
    files: Mapping[str, str], voxel_size_nm: Sequence[float], settings: Mapping
) -> pd.DataFrame:
    """Read the labels that a person gave to candidates, or make them from the truth.

    Parameters
    ----------
    files : tables ``candidates`` and ``points``, and ``table``, which a person made;
        or in its place ``features``, ``cells`` (schema ``cell_matches``) and ``truth``,
        the true synapses
    voxel_size_nm : (z, y, x)
    settings : sections ``labels`` and ``direction`` of the config's ``synapses``

    Returns
    -------
    Table of schema ``synapse_labels``. Of the truth, those of the candidates that would
    be on the sheets; how likely these are is said by the rule with weights, so that the
    labels do not depend on what is learned from them.
    """
    candidates = read_table(files["candidates"])
    labels = settings["labels"]
    if "table" in files:
        points = read_table(files["points"])
        return read_labels(files["table"], candidates, points, voxel_size_nm, labels)
    cells, truth = read_table(files["cells"]), read_table(files["truth"])
    every = label_candidates(truth, candidates, cells, voxel_size_nm)
    features, weights = read_table(files["features"]), settings["direction"]
    judged = predict_direction(candidates, features, voxel_size_nm, weights)
    candidates = candidates.merge(judged[["synapse", "p_synaptic"]], on="synapse")
    drawn = sample_candidates(candidates, labels)["synapse"]
    return every[every["synapse"].isin(drawn)]


def label_candidates(
    truth: pd.DataFrame,
    candidates: pd.DataFrame,
    mapping: pd.DataFrame,
    voxel_size_nm: Sequence[float],
) -> pd.DataFrame:
    """Label every candidate: those matched one to one with a true synapse are synapses.

    As in the evaluation, a match lies between the same two cells and is at most 200 nm
    away; what is second to another candidate is no synapse.

    Parameters
    ----------
    truth : synapse, pre, post, z_nm, y_nm, x_nm, sign
    candidates : synapse, cell_a, cell_b, z_vx, y_vx, x_vx
    mapping : table of `identity.match_cells`
    voxel_size_nm : (z, y, x)

    Returns
    -------
    Table of schema ``synapse_labels``; ``distance_nm`` is that of the true synapse
    """
    places = {
        f"{axis}_nm": (candidates[f"{axis}_vx"].to_numpy() + 0.5) * size
        for axis, size in zip("zyx", voxel_size_nm)
    }
    sides = {
        name: translate_cells(candidates[cell], mapping)
        for name, cell in (("pre", "cell_a"), ("post", "cell_b"))
    }
    near = find_near(truth, pd.DataFrame({**places, **sides}), REACH_NM)
    near = near[near["same"]]
    right = assign_nearest(near)
    at, of = right["predicted"].to_numpy(int), right["truth"].to_numpy(int)
    count = len(candidates)
    labels = pd.DataFrame({"synapse": candidates["synapse"].to_numpy()})
    labels["is_synaptic"] = np.isin(np.arange(count), at)
    labels["first_is_pre"], labels["sign"], labels["distance_nm"] = (
        np.nan,
        np.int8(0),
        0.0,
    )
    labels.loc[at, "first_is_pre"] = 1.0 * (
        truth["pre"].to_numpy()[of] == sides["pre"][at]
    )
    labels.loc[at, "sign"] = truth["sign"].to_numpy()[of]
    labels.loc[at, "distance_nm"] = right["distance_nm"].to_numpy()
    logging.info(
        "%d candidates, %d true synapses: %d matched; %d candidates second to others",
        *(count, len(truth), len(at), near["predicted"].nunique() - len(at)),
    )
    return labels.assign(split="", source_row=0)
