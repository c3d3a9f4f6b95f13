"""The connectome: synapses with a direction, and the edges that they make."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuropil.surface import DIRECTIONS, crofton_area

COPIED = ["synapse", "p_synaptic", "p_excitatory", "method", "sym_ratio", "voxel_count"]
COPIED += ["junction", "junction_share", "z_vx", "y_vx", "x_vx"]
PAIR = ["pre", "post"]


def direct_synapses(
    candidates: pd.DataFrame,
    features: pd.DataFrame,
    direction: pd.DataFrame,
    voxel_size_nm: Sequence[float],
    organelles: Sequence[str],
    min_p_sign: float,
) -> pd.DataFrame:
    """Give every candidate of a synapse its direction, sign and size in units.

    Nothing is left out, whatever its probability or the parts of cells that it joins.

    Parameters
    ----------
    candidates, features, direction : tables of schemas
        ``synapse_candidates``, ``synapse_features``, ``synapse_direction``
    voxel_size_nm : (z, y, x)
    organelles : whose distances to add
    min_p_sign : where a classifier knows the sign, the least probability of one; less
        sure ones are unknown

    Returns
    -------
    Table of schema ``connectome_synapses``: pre is the likelier presynaptic cell, at
    even odds the one with the smaller id
    """
    table = candidates.merge(direction, on="synapse", validate="1:1")
    first = (table["p_first_is_pre"] >= 0.5).to_numpy()
    p = table["p_first_is_pre"].to_numpy()
    out = table[COPIED].copy()
    out["sign"] = call_signs(table["sign"], table["p_excitatory"], min_p_sign)
    out["p_direction"] = np.where(first, p, 1 - p)
    for name, kind in (("", "cell_"), ("supervoxel_", "supervoxel_")):
        a, b = table[f"{kind}a"].to_numpy(), table[f"{kind}b"].to_numpy()
        out[f"{name}pre"], out[f"{name}post"] = np.where(first, [a, b], [b, a])
    for kind in ("sym", "asym"):
        out[f"{kind}_fraction"] = table[f"{kind}_count"] / table["voxel_count"]
    for axis, size in zip("zyx", voxel_size_nm):
        out[f"{axis}_nm"] = (out[f"{axis}_vx"] + 0.5) * size
    out["area_um2"] = measure_areas(table, voxel_size_nm)
    for organelle in organelles:
        near = features[features["organelle"] == organelle]
        near = near.drop_duplicates("synapse").set_index("synapse")
        near = near.reindex(table["synapse"])[["nearest_a_nm", "nearest_b_nm"]]
        a, b = near.to_numpy(float).T
        out[f"{organelle}_pre_nm"], out[f"{organelle}_post_nm"] = np.where(
            first, [a, b], [b, a]
        )
    return out


def call_signs(
    by_type: pd.Series, p_excitatory: pd.Series, min_p_sign: float
) -> np.ndarray:
    """Signs (N,) int8: those of a classifier where there are any, else by type."""
    p = p_excitatory.to_numpy()
    sure = np.maximum(p, 1 - p) >= min_p_sign
    called = np.where(sure, np.where(p >= 0.5, 1, -1), 0)
    return np.where(np.isnan(p), by_type, called).astype(np.int8)


def measure_areas(table: pd.DataFrame, voxel_size_nm: Sequence[float]) -> np.ndarray:
    """Area (N,) in µm² of synapses: that of the side which shows more of it.

    Maps of junctions often lie more on one side, so that the mean would be too small.
    """
    sides = [
        crofton_area(
            table[[f"crossings_{side}_{d}" for d in DIRECTIONS]].to_numpy(),
            voxel_size_nm,
        )
        for side in "ab"
    ]
    return np.maximum(*sides)


def gather_edges(
    synapses: pd.DataFrame, min_p_synaptic: float, min_p_direction: float
) -> pd.DataFrame:
    """Add up the synapses of each directed pair of cells.

    Parameters
    ----------
    synapses : table of `direct_synapses`
    min_p_synaptic : candidates with a smaller probability are left out
    min_p_direction : those whose direction is less probable are left out, too, unless
        no direction is known at all (method "none"). Both are counted in the log.

    Returns
    -------
    Table of schema ``edges``. The sign is that of the larger summed area; synapses of
    unknown sign have no say. What is expected counts all candidates of both cells
    """
    edges = count_edges(synapses, min_p_synaptic, min_p_direction)
    expected = expect_edges(synapses).drop(columns=["candidate_count"])
    return edges.merge(expected, on=PAIR, how="left", validate="1:1")


def count_edges(
    synapses: pd.DataFrame, min_p_synaptic: float, min_p_direction: float
) -> pd.DataFrame:
    """Add up what `gather_edges` does not leave out."""
    table = synapses[is_counted(synapses, min_p_synaptic, min_p_direction)]
    logging.info(
        "%d candidates, %d synapses (p_synaptic >= %s), %d of them in edges",
        len(synapses),
        (synapses["p_synaptic"] >= min_p_synaptic).sum(),
        *(min_p_synaptic, len(table)),
    )
    table = table.assign(signed=table["sign"] * table["area_um2"])
    edges = table.groupby(PAIR, as_index=False).agg(
        synapse_count=("synapse", "size"),
        area_um2=("area_um2", "sum"),
        signed=("signed", "sum"),
        p_direction=("p_direction", "mean"),
        p_synaptic=("p_synaptic", "mean"),
    )
    edges["sign"] = np.sign(edges.pop("signed")).astype(np.int8)
    return edges


def is_counted(
    synapses: pd.DataFrame, min_p_synaptic: float, min_p_direction: float
) -> pd.Series:
    """Say which candidates (N,) make an edge, as `gather_edges` explains."""
    likely = synapses["p_synaptic"] >= min_p_synaptic
    directed = synapses["p_direction"] >= min_p_direction
    return likely & (directed | (synapses["method"] == "none"))


def expect_edges(synapses: pd.DataFrame) -> pd.DataFrame:
    """Expect synapses of each directed pair of cells, all candidates considered.

    Each candidate is a synapse from pre to post with p_synaptic x p_direction, from
    post to pre with p_synaptic x (1 - p_direction), independent of all others; so the
    number of an edge has a Poisson binomial distribution.

    Returns
    -------
    Table of schema ``expected_edges``: both directions of each pair with a candidate
    """
    there = synapses[[*PAIR, "synapse", "area_um2"]].copy()
    back = there.rename(columns={"pre": "post", "post": "pre"})
    p, forward = synapses["p_synaptic"], synapses["p_direction"]
    both = pd.concat([there.assign(p=p * forward), back.assign(p=p * (1 - forward))])
    both = both.sort_values([*PAIR, "synapse"], kind="stable")
    both["variance"] = both["p"] * (1 - both["p"])
    both["area"] = both["p"] * both["area_um2"]
    with np.errstate(divide="ignore"):
        both["none"] = np.log1p(-both["p"])  # log of the probability of no synapse
    table = both.groupby(PAIR, as_index=False).agg(
        candidate_count=("synapse", "size"),
        expected_count=("p", "sum"),
        variance=("variance", "sum"),
        p_any=("none", "sum"),
        expected_area_um2=("area", "sum"),
    )
    table["p_any"] = -np.expm1(table["p_any"])
    return table


def compare_thresholds(
    synapses: pd.DataFrame, thresholds: Sequence[float], min_p_direction: float
) -> pd.DataFrame:
    """Say what each threshold of p_synaptic leaves: table of schema ``thresholds``.

    What is expected of those kept is the sum of their probabilities: right if these
    are calibrated.
    """
    rows, total = [], synapses["p_synaptic"].sum()
    for threshold in thresholds:
        kept = synapses[is_counted(synapses, threshold, min_p_direction)]
        right = kept["p_synaptic"] * kept["p_direction"]
        rows.append(
            {
                "threshold": float(threshold),
                "synapse_count": len(kept),
                "edge_count": len(kept.drop_duplicates(PAIR)),
                "expected_precision": right.mean() if len(kept) else np.nan,
                "expected_recall": right.sum() / total if total > 0 else np.nan,
            }
        )
    return pd.DataFrame(rows)
