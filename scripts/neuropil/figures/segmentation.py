"""How good cells from a map are at every threshold of their edges."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuropil.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, RED, in_style

SPLIT, MERGE, SUM, RAND = "voi_split", "voi_merge", "voi_sum", "adapted_rand_error"
COUNT, RUN, LIMIT = "cell_count", "erl_um", "erl_limit_um"
#: Name and colour of each curve that is known.
CURVES = {
    SPLIT: ("split", BLUE),
    MERGE: ("merge", RED),
    SUM: ("sum", BLACK),
    RAND: ("of pairs of voxels", GREEN),
    COUNT: ("in true cells", GREY),
    RUN: ("along true skeletons", BLUE),
    LIMIT: ("without errors", GREY),
}
#: Title of each panel, its axis, and the curves in it.
PANELS = {
    "Variation of information": ("bit", (SPLIT, MERGE, SUM)),
    "Adapted Rand error": ("error", (RAND,)),
    "Segments": ("number", (COUNT,)),
    "Expected run length": ("µm", (RUN, LIMIT)),
}
ACROSS = 3


def list_curves(sweep: pd.DataFrame) -> pd.DataFrame:
    """List the points of all curves, the sum of both parts of VOI among them.

    Parameters
    ----------
    sweep : threshold, and scores at each. What stands before or after the name of a
        score that is known (``inner_voi_split``) says what it is of; a score of another
        name gets a panel of its own. One that nothing is known of has none.

    Returns
    -------
    Rows of schema ``segmentation_curves``
    """
    scores = sweep.drop(columns="threshold").select_dtypes("number").astype(float)
    scores = scores.dropna(axis="columns", how="all")
    for name in [name for name in scores if SPLIT in name]:
        merge = name.replace(SPLIT, MERGE)
        if merge in scores:
            scores[name.replace(SPLIT, SUM)] = scores[name] + scores[merge]
    table = scores.assign(threshold=sweep["threshold"].astype(float))
    table = table.melt("threshold", var_name="column", value_name="value")
    known = {column: split_name(column) for column in scores}
    table["name"] = [known[column][0] for column in table["column"]]
    table["of"] = [known[column][1] for column in table["column"]]
    return table[["of", "name", "threshold", "value"]]


def split_name(column: str) -> tuple[str, str]:
    """Split the name of a column into that of a score, and what it is of.

    >>> split_name("voi_split"), split_name("voi_split_neurons"), split_name("speed")
    (('voi_split', ''), ('voi_split', 'neurons'), ('speed', ''))
    """
    for name in CURVES:
        if name in column:
            return name, column.replace(name, "").strip("_").replace("__", "_")
    return column, ""


@in_style
def draw_segmentation(curves: pd.DataFrame, chosen: float | None) -> Figure:
    """Draw scores over the threshold, a panel for each kind.

    Parameters
    ----------
    curves : table of `list_curves`
    chosen : threshold of the run, which is marked; None if it has none of these
    """
    panels = list_panels(curves)
    rows = -(-len(panels) // ACROSS)
    size = (3.1 * min(len(panels), ACROSS), 2.6 * rows)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, min(len(panels), ACROSS), squeeze=False).ravel()
    for axis, (title, unit, part) in zip(axes, panels):
        draw_panel(axis, part, chosen)
        axis.set(title=title, xlabel="least score of an edge that joins", ylabel=unit)
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    return figure


def list_panels(curves: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Title, unit and points of each panel, in order."""
    panels = []
    for of, part in curves.groupby("of", sort=False):
        suffix = f", {of.replace('_', ' ')}" if of else ""
        for title, (unit, names) in PANELS.items():
            held = part[part["name"].isin(names)]
            panels += [(title + suffix, unit, held)] if len(held) else []
        for name, held in part[~part["name"].isin(CURVES)].groupby("name", sort=False):
            panels.append((name.replace("_", " ").capitalize() + suffix, "", held))
    return panels


def draw_panel(axis: Axes, part: pd.DataFrame, chosen: float | None) -> None:
    """Draw the curves of a panel; the legend has their values at the threshold."""
    for name, curve in part.groupby("name", sort=False):
        label, colour = CURVES.get(name, (name.replace("_", " "), ORANGE))
        curve = curve.sort_values("threshold")
        if chosen is not None:
            label = f"{label}: {value_at(curve, chosen)}"
        x, y = curve["threshold"], curve["value"]
        axis.plot(x, y, "o-", ms=2.4, lw=1.2, color=colour, label=label)
    low, high = min(0, part["value"].min()), part["value"].max()
    axis.set_ylim(low, (high if high > low else low + 1) * 1.25)
    if chosen is not None:
        axis.axvline(chosen, color=GREY, lw=0.8, ls=(0, (4, 3)))
    title = None if chosen is None else f"at {chosen:g}"
    axis.legend(loc="best", title=title, title_fontsize=7, alignment="left")


def value_at(curve: pd.DataFrame, chosen: float) -> str:
    """Write the value at a threshold, or that between its neighbours' in the sweep."""
    found = curve[(curve["threshold"] - chosen).abs() < 1e-9]["value"]
    if len(found):
        return f"{found.iloc[0]:.3g}"
    below = curve[curve["threshold"] <= chosen].tail(1)["value"]
    above = curve[curve["threshold"] >= chosen].head(1)["value"]
    ends = sorted([*below, *above])
    return " to ".join(f"{end:.3g}" for end in ends) or "-"
