"""The connectivity matrix: who synapses onto whom, sorted by type or by size."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from neuropil.figures.style import GREY, SIGN_COLOURS, SIGN_NAMES, in_style

MAX_CELLS = 400
SIZE_PT = 4.7 * 72  # width and height of the matrix on paper
SHADES = ("#555555", "#aaaaaa")  # of the strips of types, in turn
STRIP_PT = 6


def order_cells(
    edges: pd.DataFrame, side: str, types: pd.DataFrame | None
) -> pd.DataFrame:
    """Order the cells of one side of the matrix: by type, within a type by size.

    Size is the summed area of their synapses on that side; of more than 400 cells those
    with the largest are kept. Types come in the order of their summed area, unknown
    ones last.

    Parameters
    ----------
    edges : pre, post, area_um2
    side : ``"pre"`` or ``"post"``
    types : cell, type; None if types are unknown

    Returns
    -------
    cell, type ("" if unknown), area_um2
    """
    cells = edges.groupby(side, as_index=False)["area_um2"].sum()
    cells = cells.rename(columns={side: "cell"})
    known = {} if types is None else dict(zip(types["cell"], types["type"]))
    cells["type"] = [known.get(cell, "") for cell in cells["cell"]]
    cells = cells.sort_values(["area_um2", "cell"], ascending=[False, True])
    cells = cells.head(MAX_CELLS)
    weight = cells.groupby("type")["area_um2"].transform("sum")
    cells = cells.assign(unknown=cells["type"] == "", weight=weight)
    order = ["unknown", "weight", "type", "area_um2", "cell"]
    cells = cells.sort_values(order, ascending=[True, False, True, False, True])
    return cells[["cell", "type", "area_um2"]].reset_index(drop=True)


def place_edges(
    edges: pd.DataFrame, rows: pd.DataFrame, columns: pd.DataFrame
) -> pd.DataFrame:
    """Find row and column of each edge; edges of cells not in the order are left out.

    Returns
    -------
    Rows of schema ``matrix_edges``: row, column, pre, post, pre_type, post_type,
    synapse_count, area_um2, sign
    """
    shown = edges["pre"].isin(rows["cell"]) & edges["post"].isin(columns["cell"])
    kept = edges.loc[shown, ["pre", "post", "synapse_count", "area_um2", "sign"]].copy()
    for side, place, order in (("pre", "row", rows), ("post", "column", columns)):
        number = dict(zip(order["cell"], range(len(order))))
        at = np.array([number[cell] for cell in kept[side]], int)
        kept[place] = at
        kept[f"{side}_type"] = order["type"].to_numpy(object)[at]
    return kept.reset_index(drop=True)


@in_style
def draw_matrix(
    placed: pd.DataFrame, rows: pd.DataFrame, columns: pd.DataFrame
) -> Figure:
    """Draw one mark per directed edge; its area grows with the summed synapse area.

    Parameters
    ----------
    placed : table of `place_edges`
    rows, columns : tables of `order_cells` of the presynaptic, postsynaptic cells
    """
    figure = Figure(figsize=(6.4, 6.4), layout="constrained")
    axis = figure.subplots()
    axis.set_xlim(-0.5, max(len(columns), 1) - 0.5)
    axis.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axis.set(xlabel=f"{len(columns):,} postsynaptic cells")
    axis.set(ylabel=f"{len(rows):,} presynaptic cells")
    scale = choose_scale(placed, max(len(rows), len(columns), 1))
    for sign, part in placed.groupby("sign"):
        axis.scatter(
            part["column"],
            part["row"],
            s=scale * part["area_um2"],
            color=SIGN_COLOURS[sign],
            marker="s",
            alpha=0.85,
            linewidths=0,
        )
    label_types(axis, rows, columns)
    synapses = int(placed["synapse_count"].sum())
    axis.set_title(f"{synapses:,} synapses, {len(placed):,} connections")
    add_legend(figure, placed, scale)
    return figure


def choose_scale(placed: pd.DataFrame, count: int) -> float:
    """Points² per µm²: a strong connection about fills its cell of the matrix."""
    strong = placed["area_um2"].quantile(0.95) if len(placed) else 1.0
    return max(0.8 * SIZE_PT / count, 4.0) ** 2 / max(strong, 1e-9)


def find_groups(order: pd.DataFrame) -> list[tuple[str, float, float]]:
    """Name, start and end of each type in an order of cells; empty if none is known."""
    groups = [
        (name or "other", part.index[0] - 0.5, part.index[-1] + 0.5)
        for name, part in order.groupby("type", sort=False)
    ]
    return groups if order["type"].any() else []


def label_types(axis: Axes, rows: pd.DataFrame, columns: pd.DataFrame) -> None:
    """Mark and name the types along both axes; cells of no type are numbered."""
    axis.xaxis.tick_top()
    for ruler, order, line in (
        (axis.yaxis, rows, axis.axhline),
        (axis.xaxis, columns, axis.axvline),
    ):
        groups = find_groups(order)
        if groups:
            ruler.set_ticks([(a + b) / 2 for _, a, b in groups], [g[0] for g in groups])
            ruler.set_tick_params(length=0, pad=STRIP_PT + 6)
        for i, (_, first, last) in enumerate(groups):
            mark_group(axis, ruler is axis.xaxis, (first, last), SHADES[i % 2])
            line(last, color="#dddddd", lw=0.6, zorder=0)


def mark_group(axis: Axes, is_column: bool, ends: tuple, colour: str) -> None:
    """Draw the strip of one type outside of the matrix."""
    width, gap, (first, last) = STRIP_PT / SIZE_PT, 0.006, ends
    if is_column:
        patch = Rectangle((first, 1 + gap), last - first, width)
        patch.set_transform(axis.get_xaxis_transform())
    else:
        patch = Rectangle((-gap, first), -width, last - first)
        patch.set_transform(axis.get_yaxis_transform())
    patch.set(color=colour, linewidth=0, clip_on=False)
    axis.add_artist(patch)


def add_legend(figure: Figure, placed: pd.DataFrame, scale: float) -> None:
    """Explain colours and sizes of the marks."""
    signs = [sign for sign in (1, -1, 0) if (placed["sign"] == sign).any()]
    handles = [Patch(color=SIGN_COLOURS[s], label=SIGN_NAMES[s]) for s in signs]
    for area in choose_areas(placed):
        style = {"marker": "s", "color": GREY, "lw": 0, "markeredgewidth": 0}
        size = np.sqrt(scale * area)
        handles.append(Line2D([], [], ms=size, label=f"{area:g} µm²", **style))
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def choose_areas(placed: pd.DataFrame) -> list[float]:
    """Two round areas that the drawn ones span."""
    if placed.empty:
        return []
    ends = placed["area_um2"].quantile([0.25, 0.95]).clip(lower=1e-3)
    return sorted({float(f"{area:.1g}") for area in ends})
