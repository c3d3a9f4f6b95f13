"""Sizes of synapses, pairs of cells with several, and how alike their sizes are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuropil.analysis.sizes import find_size, select_synapses
from neuropil.figures.sizes import choose_ticks, count_kind
from neuropil.figures.style import BLACK, BLUE, GREY, RED, in_style

LABELS = {
    "area_um2": "synapse area (µm²)",
    "volume_um3": "synapse volume (µm³)",
    "voxel_count": "synapse size (voxels)",
}
RELATIONS = {
    "same_pair": "both cells",
    "same_pair_within_pre": "both cells,\nshuffled within pre",
    "same_pair_within_post": "both cells,\nshuffled within post",
    "same_pre": "pre alone",
    "same_post": "post alone",
    "unrelated": "neither",
}
LEAST = 0.5  # pairs of cells, where the logarithmic axis begins
EMPTY = {"upper": np.nan, "mixture": np.nan}


def list_panels(
    synapses: pd.DataFrame, statistics: pd.DataFrame, thresholds: tuple[float, float]
) -> pd.DataFrame:
    """List what the panels show.

    Parameters
    ----------
    synapses : table of schema ``connectome_synapses``, or `schemas.sizes.given_schema`
    statistics : table of schema ``size_statistics`` of these synapses
    thresholds : min_p_synaptic and min_p_direction of edges

    Returns
    -------
    Rows of schema ``synapse_panels``; a panel without data has none
    """
    statistics = statistics[statistics["group"] == "all"]
    rows = list_pairs(statistics) + list_relations(statistics)
    columns = ["panel", "name", "lower", "upper", "value", "expected", "mixture"]
    table = pd.DataFrame(rows, columns=[*columns, "low", "high"])
    size, synapses = find_size(synapses), select_synapses(synapses, *thresholds)
    if not size or not (synapses[size] > 0).any():
        return table
    bins = list_bins(synapses[size].to_numpy(float), size, statistics)
    return pd.concat([bins, table], ignore_index=True) if len(table) else bins


def list_bins(sizes: np.ndarray, size: str, statistics: pd.DataFrame) -> pd.DataFrame:
    """Histogram of sizes with what both fits expect in each bin."""
    sizes = sizes[sizes > 0]
    bins = count_kind(LABELS[size], sizes).rename(columns={"count": "value"})
    mixture = statistics[statistics["part"] == "mixture"]
    values = dict(zip(mixture["quantity"], mixture["value"]))
    edges = np.log([*bins["lower"], bins["upper"].iloc[-1]])
    middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    expected = np.zeros(len(middle)) if values else np.full(len(middle), np.nan)
    for which in ("small", "large") if values else ():
        share, mu, sigma = (values[f"{k}_{which}"] for k in ("share", "mu", "sigma"))
        bell = np.exp(-(((middle - mu) / sigma) ** 2) / 2) / sigma / np.sqrt(2 * np.pi)
        expected += share * bell * width * len(sizes)
    return bins.assign(panel="sizes", mixture=expected, low=np.nan, high=np.nan)


def list_pairs(statistics: pd.DataFrame) -> list[dict]:
    """Pairs of cells by their number of synapses."""
    part = statistics[statistics["part"] == "pairs"]
    part = part[part["quantity"] == "pairs"].assign(lower=lambda t: t["level"])
    part = part[["value", "lower", "expected", "low", "high"]]
    return [
        {"panel": "pairs", "name": "pairs"} | row | EMPTY
        for row in part.to_dict("records")
    ]


def list_relations(statistics: pd.DataFrame) -> list[dict]:
    """Correlations of sizes by the cells that two synapses share."""
    part = statistics[statistics["part"] == "correlation"].set_index("quantity")
    return [
        {"panel": "correlation", "name": name, "lower": np.nan}
        | part.loc[name, ["value", "expected", "low", "high"]].to_dict()
        | EMPTY
        for name in RELATIONS
        if name in part.index
    ]


@in_style
def draw_synapses(panels: pd.DataFrame, statistics: pd.DataFrame) -> Figure:
    """Draw the panels that have data, side by side.

    Parameters
    ----------
    panels : table of `list_panels`
    statistics : table of schema ``size_statistics``, whose fits are written down
    """
    draw = {"sizes": draw_sizes, "pairs": draw_pairs, "correlation": draw_relations}
    parts = {name: panels[panels["panel"] == name] for name in draw}
    parts = {name: part for name, part in parts.items() if len(part)}
    figure = Figure(figsize=(3.3 * max(len(parts), 1), 2.8), layout="constrained")
    axes = figure.subplots(1, max(len(parts), 1), squeeze=False)[0]
    if not parts:
        axes[0].set_axis_off()
        axes[0].set_title("No synapses")
    for axis, (name, part) in zip(axes, parts.items()):
        draw[name](axis, part, statistics[statistics["group"] == "all"])
    return figure


def draw_sizes(axis: Axes, bins: pd.DataFrame, statistics: pd.DataFrame) -> None:
    """Draw the histogram of sizes with both fits."""
    edges = [*bins["lower"], bins["upper"].iloc[-1]]
    axis.stairs(bins["value"], edges, fill=True, color=RED, alpha=0.5)
    middle = np.sqrt(bins["lower"] * bins["upper"])
    axis.plot(middle, bins["expected"], color=BLACK, lw=1.1, label="log-normal")
    if bins["mixture"].notna().any():
        axis.plot(middle, bins["mixture"], BLUE, ls=(0, (4, 2)), label="mixture of two")
    axis.set(xscale="log", xlabel=bins["name"].iloc[0], ylabel="synapses")
    axis.set(title="Sizes", ylim=(0, 1.6 * bins[["value", "expected"]].max().max()))
    axis.set_xticks(*choose_ticks(edges[0], edges[-1]))
    axis.set_xticks([], minor=True)
    axis.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.legend(loc="upper left", title=describe_fits(statistics), title_fontsize=7)


def describe_fits(statistics: pd.DataFrame) -> str:
    """Write the main numbers of the fits."""
    part = statistics[statistics["part"].isin(["log_normal", "mixture"])]
    found = {row.quantity: row for row in part.itertuples()}
    lines = [f"n = {found['mu'].count:,}"] if found else ["no fit"]
    for name, called in (("mu", "mean"), ("sigma", "SD")):
        if name in found:
            row = found[name]
            lines.append(f"{called} of ln {row.value:.3f} ± {row.error:.3f}")
    if "ks_distance" in found:
        lines.append(f"KS distance {found['ks_distance'].value:.3f}")
    if "bic_gain" in found:
        lines.append(f"ΔBIC {found['bic_gain'].value:,.0f}")
    return "\n".join(lines)


def draw_pairs(axis: Axes, pairs: pd.DataFrame, statistics: pd.DataFrame) -> None:
    """Draw how many pairs of cells have how many synapses."""
    shown = pairs[(pairs["value"] > 0) | (pairs["high"] >= LEAST)]
    at, some = shown["lower"], shown["value"] > 0
    low, high, expected = (
        shown[name].clip(lower=LEAST / 10) for name in ("low", "high", "expected")
    )
    label = "partners shuffled, 95 %"
    axis.bar(at, high - low, 0.7, low, color=GREY, alpha=0.4, label=label)
    axis.plot(at, expected, "_", color=GREY, ms=8)
    axis.plot(at[some], shown["value"][some], "o", color=RED, ms=4, label="found")
    axis.set(yscale="log", xlabel="synapses of the pair", ylabel="pairs of cells")
    top = 4 * max(shown["value"].max(), high.max())
    axis.set(title="Pairs of cells", ylim=(LEAST, top), xlim=(0.3, at.max() + 0.7))
    axis.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
    axis.legend(loc="upper right")


def draw_relations(axis: Axes, part: pd.DataFrame, statistics: pd.DataFrame) -> None:
    """Draw how alike sizes of two synapses are, by the cells that they share."""
    order = {name: place for place, name in enumerate(RELATIONS)}
    part = part.sort_values("name", key=lambda names: names.map(order))
    at = np.arange(len(part))[::-1]
    axis.barh(
        at, part["high"] - part["low"], 0.6, part["low"], color=GREY, alpha=0.4,
        label="sizes shuffled, 95 %",
    )  # fmt: skip
    axis.plot(part["value"], at, "o", color=RED, ms=4, label="found")
    axis.plot([0, 0], [-0.6, len(part) - 0.4], color=BLACK, lw=0.6)
    axis.set_yticks(at, [RELATIONS[name] for name in part["name"]])
    axis.set(xlabel="correlation of ln size", title="Two synapses that share")
    axis.set_ylim(-0.6, len(part) + 0.4)
    axis.use_sticky_edges = False
    axis.margins(x=0.06)
    axis.legend(loc="upper right", ncols=2)
