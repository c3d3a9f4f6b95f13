"""What a run costs per step: voxels per hour of a core or GPU, money per teravoxel."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuropil.costs.prices import PAPER
from neuropil.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, in_style

LABELS = {
    "mvoxel_per_core_hour": "Mvoxel/h per core",
    "gvoxel_per_gpu_hour": "Gvoxel/h per GPU",
    "usd_per_tvoxel": "US$ per Tvoxel",
}
COLOURS = {
    "mvoxel_per_core_hour": BLUE,
    "gvoxel_per_gpu_hour": ORANGE,
    "usd_per_tvoxel": GREEN,
}
FAINT = 0.35


def add_paper(costs: pd.DataFrame) -> pd.DataFrame:
    """Put a row with the paper's numbers below those of a run."""
    return pd.concat([costs, pd.DataFrame([PAPER])[costs.columns]], ignore_index=True)


@in_style
def draw_costs(costs: pd.DataFrame) -> Figure:
    """Draw bars per step, on logarithmic axes; GPUs only if a step of the run had any.

    Parameters
    ----------
    costs : table of schema ``costs``, the paper's row the last
    """
    has_gpu = costs["gpu_hours"].iloc[:-1].gt(0).any()
    shown = [c for c in LABELS if has_gpu or "gpu" not in c]
    figure = Figure(figsize=(7.2, 0.9 + 0.2 * len(costs)), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(shown), sharey=True))
    for axis, column in zip(axes, shown):
        draw_rates(axis, costs, column)
    axes[0].set_ylim(len(costs) - 0.4, -0.6)
    return figure


def draw_rates(axis: Axes, costs: pd.DataFrame, column: str) -> None:
    """Draw a bar per step, with its value; a line where the paper's ends."""
    values = costs[column].where(costs[column] > 0)
    bars = axis.barh(costs["step"], values, color=COLOURS[column], height=0.7)
    for bar, row in zip(bars, costs.itertuples()):
        if row.step == PAPER["step"]:
            bar.set_color(GREY)
        elif not row.is_counted:
            bar.set_alpha(FAINT)
    texts = ["" if np.isnan(v) else write_number(v) for v in values]
    axis.bar_label(bars, texts, padding=2, size=6)
    axis.axvline(PAPER[column], color=BLACK, lw=0.7, ls=":")
    axis.set_xscale("log")
    known = values.dropna()
    axis.set_xlim(known.min() / 3, known.max() * 6)
    axis.set_xlabel(LABELS[column])
    axis.grid(True, axis="x")
    axis.tick_params(axis="y", length=0)


def write_number(value: float) -> str:
    """Write a number with two or three digits.

    >>> write_number(12345.6), write_number(0.0123)
    ('12,346', '0.012')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
