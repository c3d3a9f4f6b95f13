"""The connectome: synapses with a direction, and the edges that they make."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuropil.surface import DIRECTIONS, crofton_area


def direct_synapses(
    candidates: pd.DataFrame,
    features: pd.DataFrame,
    direction: pd.DataFrame,
    voxel_size_nm: Sequence[float],
    organelles: Sequence[str],
) -> pd.DataFrame:
    """Give every candidate of a synapse its direction, sign and size in units.

    Nothing is left out, whatever its probability or the parts of cells that it joins.

    Parameters
    ----------
    candidates, features, direction : tables of schemas
        ``synapse_candidates``, ``synapse_features``, ``synapse_direction``
    voxel_size_nm : (z, y, x)
    organelles : whose distances to add

    Returns
    -------
    Table of schema ``connectome_synapses``: pre is the likelier presynaptic cell, at
    even odds the one with the smaller id
    """
    table = candidates.merge(direction, on="synapse", validate="1:1")
    first = (table["p_first_is_pre"] >= 0.5).to_numpy()
    p = table["p_first_is_pre"].to_numpy()
    copied = ["synapse", "p_synaptic", "method", "sign", "sym_ratio", "voxel_count"]
    out = table[[*copied, "junction", "junction_share", "z_vx", "y_vx", "x_vx"]].copy()
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
    unknown sign have no say.
    """
    likely = synapses["p_synaptic"] >= min_p_synaptic
    directed = synapses["p_direction"] >= min_p_direction
    table = synapses[likely & (directed | (synapses["method"] == "none"))]
    logging.info(
        "%d candidates, %d synapses (p_synaptic >= %s), %d of them in edges",
        *(len(synapses), likely.sum(), min_p_synaptic, len(table)),
    )
    table = table.assign(signed=table["sign"] * table["area_um2"])
    edges = table.groupby(["pre", "post"], as_index=False).agg(
        synapse_count=("synapse", "size"),
        area_um2=("area_um2", "sum"),
        signed=("signed", "sum"),
        p_direction=("p_direction", "mean"),
        p_synaptic=("p_synaptic", "mean"),
    )
    edges["sign"] = np.sign(edges.pop("signed")).astype(np.int8)
    return edges
