"""Distance from synapses to the nearest presynaptic mitochondrion (paper, Fig. 2e)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import ks_2samp

from neuropil.figures.style import BLUE, GREY, RED, in_style

MIN_SYNAPSES = 16
REACH_UM = 2.5
STYLES = {"small": (BLUE, "-"), "large": (RED, "-"), "control": (GREY, (0, (4, 2)))}


def split_by_size(
    synapses: pd.DataFrame, types: pd.DataFrame, min_p_synaptic: float
) -> pd.DataFrame:
    """Split the synapses of each presynaptic type at their median area.

    Where the presynaptic cell has no mitochondrion within the volume, the distance is
    infinite: longer than any that could be measured. Leaving these synapses out would
    favour short distances. Types with fewer than 16 synapses are left out.

    Parameters
    ----------
    synapses : pre, area_um2, p_synaptic, mi_pre_nm (from the synapse to the nearest
        mitochondrion of its presynaptic cell; NaN if there is none)
    types : cell, type
    min_p_synaptic : candidates with a smaller probability are left out

    Returns
    -------
    Rows of schema ``mitochondrion_distances``: type, group ("small": area up to the
    median, "large"), area_um2, distance_nm
    """
    synapses = synapses[synapses["p_synaptic"] >= min_p_synaptic]
    known = dict(zip(types["cell"], types["type"]))
    table = pd.DataFrame(
        {
            "type": np.array([known.get(c, "") for c in synapses["pre"]], object),
            "area_um2": synapses["area_um2"].to_numpy(float),
            "distance_nm": synapses["mi_pre_nm"].to_numpy(float),
        }
    )
    table = table.fillna({"distance_nm": np.inf})[table["type"] != ""]
    size = table.groupby("type")["area_um2"].transform("size")
    table = table[size >= MIN_SYNAPSES]
    median = table.groupby("type")["area_um2"].transform("median")
    group = np.where(table["area_um2"] <= median, "small", "large")
    order = ["type", "group", "distance_nm", "area_um2"]
    return table.assign(group=group).sort_values(order, ignore_index=True)


@in_style
def draw_distances(distances: pd.DataFrame, first: tuple = ("GP", "SPN")) -> Figure:
    """Draw cumulative distributions of the distance, one panel per presynaptic type.

    Parameters
    ----------
    distances : table of `split_by_size`
    first : types to show before the others, in this order
    """
    types = [t for t in first if (distances["type"] == t).any()]
    types += sorted(set(distances["type"]) - set(types))
    columns = min(3, max(len(types), 1))
    rows = -(-max(len(types), 1) // columns)
    size = (2.9 * columns, 2.5 * rows + 0.3)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for axis, name in zip(grid.ravel(), types):
        draw_type(axis, name, distances[distances["type"] == name])
    for axis in grid.ravel()[len(types) :]:
        axis.set_axis_off()
    for axis in grid[:, 0]:
        axis.set_ylabel("cumulative fraction")
    for axis in grid[-1]:
        axis.set_xlabel("distance to mitochondrion (µm)")
    return figure


def draw_type(axis, name: str, distances: pd.DataFrame) -> None:
    """Draw the curves of one type, with their medians and the test between them."""
    groups = {}
    for group, part in distances.groupby("group", sort=False):
        groups[group] = values = np.sort(part["distance_nm"].to_numpy()) / 1000
        colour, dash = STYLES[group]
        median = np.median(values)
        known = f"{median:.2f}" if median <= REACH_UM else f"> {REACH_UM}"
        label = f"{group}: {len(values)}, median {known} µm"
        places = np.append(values[np.isfinite(values)], 2 * REACH_UM)
        heights = np.arange(1, len(places) + 1).clip(max=len(places) - 1) / len(values)
        axis.step(
            np.append(0, places),
            np.append(0, heights),
            where="post",
            color=colour,
            ls=dash,
            label=label,
        )
    axis.set(xlim=(0, REACH_UM), ylim=(0, 1), title=name)
    axis.grid(True)
    title = None
    if {"small", "large"} <= set(groups):
        test = ks_2samp(groups["small"], groups["large"])
        title = f"KS {test.statistic:.2f}, p = {test.pvalue:.1g}"
    axis.legend(loc="best", title=title, title_fontsize=7, alignment="left")
