"""What the phantom is like, next to what is published of neuropil."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuropil.figures.style import BLACK, BLUE, RED, in_style

REACH = 0.6  # how far outside of a range a value is drawn, in widths of the range


def place_values(statistics: pd.DataFrame) -> np.ndarray:
    """Place each value in its published range: 0 at the low end, 1 at the high end.

    Values far outside are moved to 0.6 widths outside of the range.
    """
    low, high = (statistics[name].to_numpy(float) for name in ("low", "high"))
    width = np.where(high > low, high - low, 1.0)
    places = (statistics["value"].to_numpy(float) - low) / width
    return places.clip(-REACH, 1 + REACH)


@in_style
def draw_statistics(statistics: pd.DataFrame) -> Figure:
    """Draw each quantity as a dot in its published range.

    Parameters
    ----------
    statistics : quantity, value, low, high, source
    """
    count = max(len(statistics), 1)
    figure = Figure(figsize=(8.6, 0.7 + 0.34 * count), layout="constrained")
    axis = figure.subplots()
    places = place_values(statistics)
    rows = zip(range(count), places, statistics.to_dict("records"))
    for row, place, statistic in rows:
        draw_row(axis, row, place, statistic)
    axis.set_yticks(range(len(statistics)), statistics["quantity"])
    axis.set_xticks([0, 1], ["lowest", "highest"])
    axis.set(xlim=(-REACH - 0.1, 1 + REACH + 0.1), ylim=(count - 0.5, -0.5))
    axis.set_xlabel("published range (each with its own scale)")
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    inside = int(((places >= 0) & (places <= 1)).sum())
    axis.set_title(f"{inside} of {len(statistics)} within the published range")
    return figure


def draw_row(axis: Axes, row: int, place: float, statistic: dict) -> None:
    """Draw one quantity: the range as a bar, the value as a dot, the source."""
    inside = 0 <= place <= 1
    axis.plot(
        [0, 1], [row, row], color="#dddddd", lw=6, solid_capstyle="butt", zorder=1
    )
    axis.plot(place, row, "o" if inside else "D", color=BLUE if inside else RED, ms=5)
    style = {"size": 7, "va": "center", "color": BLACK}
    value = write_number(statistic["value"])
    axis.text(place, row - 0.33, value, ha="center", **style)
    for end, at in (("low", 0), ("high", 1)):
        text = write_number(statistic[end])
        small = {**style, "size": 6, "alpha": 0.7}
        axis.text(at, row + 0.31, text, ha="center", **small)
    right = {"transform": axis.get_yaxis_transform(), "ha": "left"}
    axis.text(1.01, row, statistic["source"], **right, **style, alpha=0.7)


def write_number(value: float) -> str:
    """Write a number with three digits that count, never with an exponent.

    >>> write_number(1249.5), write_number(0.08125)
    ('1,250', '0.0813')
    """
    return f"{float(f'{value:.3g}'):,g}"
