"""The connectivity matrix: who synapses onto whom, sorted by type or by size."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from neuropil.figures.style import (
    GREY,
    SIGN_COLOURS,
    SIGN_NAMES,
    TYPE_COLOURS,
    in_style,
)

MAX_CELLS = 400
STRIP = 0.022  # width of the strips of types, as a fraction of the matrix


def order_cells(edges: pd.DataFrame, types: pd.DataFrame | None) -> pd.DataFrame:
    """Order the cells of a matrix: by type, and within a type by their synapse area.

    Cells without a synapse are left out; of more than 400 cells those with the largest
    area are kept. Types come in the order of their summed area, unknown ones last.

    Parameters
    ----------
    edges : pre, post, area_um2
    types : cell, type; None if types are unknown

    Returns
    -------
    cell, type ("" if unknown), area_um2 (of the synapses made and received)
    """
    ends = [
        edges[[side, "area_um2"]].set_axis(["cell", "area_um2"], axis=1)
        for side in ("pre", "post")
    ]
    cells = pd.concat(ends).groupby("cell", as_index=False)["area_um2"].sum()
    known = {} if types is None else dict(zip(types["cell"], types["type"]))
    cells["type"] = [known.get(cell, "") for cell in cells["cell"]]
    cells = cells.sort_values(["area_um2", "cell"], ascending=[False, True])
    cells = cells.head(MAX_CELLS)
    weight = cells.groupby("type")["area_um2"].transform("sum")
    cells = cells.assign(unknown=cells["type"] == "", weight=weight)
    order = ["unknown", "weight", "type", "area_um2", "cell"]
    cells = cells.sort_values(order, ascending=[True, False, True, False, True])
    return cells[["cell", "type", "area_um2"]].reset_index(drop=True)


def place_edges(edges: pd.DataFrame, order: pd.DataFrame) -> pd.DataFrame:
    """Row and column of each edge in the matrix; edges of other cells are left out.

    Returns
    -------
    Rows of schema ``matrix_edges``: row, column, pre, post, pre_type, post_type,
    synapse_count, area_um2, sign
    """
    number = dict(zip(order["cell"], range(len(order))))
    kept = edges[edges["pre"].isin(order["cell"]) & edges["post"].isin(order["cell"])]
    kept = kept[["pre", "post", "synapse_count", "area_um2", "sign"]].copy()
    kept["row"] = [number[cell] for cell in kept["pre"]]
    kept["column"] = [number[cell] for cell in kept["post"]]
    types = order["type"].to_numpy()
    for side, place in (("pre", "row"), ("post", "column")):
        kept[f"{side}_type"] = types[kept[place]] if len(kept) else []
    return kept.reset_index(drop=True)


@in_style
def draw_matrix(placed: pd.DataFrame, order: pd.DataFrame) -> Figure:
    """Draw one mark per directed edge; its area grows with the summed synapse area.

    Parameters
    ----------
    placed : table of `place_edges`
    order : table of `order_cells`
    """
    figure = Figure(figsize=(6.6, 6.4), layout="constrained")
    axis = figure.subplots()
    count = max(len(order), 1)
    axis.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5), aspect="equal")
    axis.set(xlabel="postsynaptic cell", ylabel="presynaptic cell")
    scale = choose_scale(placed, count)
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
    label_axes(axis, order)
    synapses = int(placed["synapse_count"].sum())
    axis.set_title(f"{synapses:,} synapses, {len(placed):,} connections")
    add_legend(figure, placed, scale)
    return figure


def choose_scale(placed: pd.DataFrame, count: int) -> float:
    """Points² per µm²: a strong connection about fills its cell of the matrix."""
    strong = placed["area_um2"].quantile(0.95) if len(placed) else 1.0
    cell_points = max(4.6 * 72 / count, 4.0)
    return cell_points**2 / max(strong, 1e-9)


def label_axes(axis: Axes, order: pd.DataFrame) -> None:
    """Mark and name the types along both axes; without types, number the cells."""
    groups = [
        (name, part.index[0] - 0.5, part.index[-1] + 0.5)
        for name, part in order.groupby("type", sort=False)
    ]
    axis.xaxis.tick_top()
    if not any(name for name, _, _ in groups):
        return
    names = [name or "other" for name, _, _ in groups]
    middles = [(first + last) / 2 for _, first, last in groups]
    axis.set_xticks(middles, names)
    axis.set_yticks(middles, names)
    axis.tick_params(length=0, pad=12)
    for i, (name, first, last) in enumerate(groups):
        colour = TYPE_COLOURS[i % len(TYPE_COLOURS)] if name else GREY
        mark_group(axis, first, last, colour, len(order))


def mark_group(axis: Axes, first: float, last: float, colour: str, count: int) -> None:
    """Draw the strips of one type, and the lines where it ends."""
    width = STRIP * count
    for corner, size in (
        ((-0.5 - width, first), (width * 0.8, last - first)),
        ((first, -0.5 - width), (last - first, width * 0.8)),
    ):
        axis.add_patch(Rectangle(corner, *size, color=colour, lw=0, clip_on=False))
    axis.axhline(last, color="#dddddd", lw=0.6, zorder=0)
    axis.axvline(last, color="#dddddd", lw=0.6, zorder=0)


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
