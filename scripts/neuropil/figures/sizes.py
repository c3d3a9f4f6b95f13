"""Distributions of sizes: synapses, contacts, organelles, cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuropil.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    in_style,
)
from neuropil.storage import read_table

BINS = 40
KINDS = {
    "synapses": "synapse area (µm²)",
    "contacts": "contact area (µm²)",
    "cells": "cell volume (µm³)",
    "mi": "mitochondrion volume (µm³)",
    "vc": "vesicle cloud volume (µm³)",
    "sj": "synaptic junction volume (µm³)",
}
COLOURS = {
    KINDS["synapses"]: RED,
    KINDS["contacts"]: "#c9b400",  # yellow, dark enough on white
    KINDS["cells"]: GREY,
    KINDS["mi"]: BLUE,
    KINDS["vc"]: GREEN,
    KINDS["sj"]: PURPLE,
}


def collect_sizes(
    tables: dict[str, pd.DataFrame], organelles: dict[str, pd.DataFrame]
) -> dict[str, np.ndarray]:
    """Take the positive sizes of each kind of object.

    Parameters
    ----------
    tables : those that exist of synapses and contacts (area_um2) and cells (volume_um3)
    organelles : per organelle its table (volume_um3)

    Returns
    -------
    per kind with its unit, such as ``"synapse area (µm²)"``, a sorted float array;
    kinds without objects are left out
    """
    sizes = {}
    for name, table in (tables | organelles).items():
        kind = KINDS.get(name, f"{name} volume (µm³)")
        column = "area_um2" if "area" in kind else "volume_um3"
        values = np.sort(table[column].to_numpy(float))
        sizes[kind] = values[values > 0]
    return {kind: values for kind, values in sizes.items() if len(values)}


def read_sizes(
    files: Mapping[str, str | Sequence[str]], min_p_synaptic: float
) -> dict[str, np.ndarray]:
    """Read the sizes of all objects (`collect_sizes`).

    Parameters
    ----------
    files : those that exist of ``synapses``, ``contacts``, ``cells``, and
        ``organelles`` (files that have the names of their organelles)
    min_p_synaptic : candidates with a smaller probability are no synapses
    """
    tables = {name: read_table(files[name]) for name in KINDS if name in files}
    if "synapses" in tables:
        likely = tables["synapses"]["p_synaptic"] >= min_p_synaptic
        tables["synapses"] = tables["synapses"][likely]
    paths = {Path(path).stem: path for path in files.get("organelles", ())}
    return collect_sizes(tables, {name: read_table(paths[name]) for name in paths})


def count_sizes(sizes: dict[str, np.ndarray]) -> pd.DataFrame:
    """Count sizes in bins of equal width on a logarithmic axis, and fit a log-normal.

    Returns
    -------
    Rows of schema ``size_histograms``: name, lower, upper, count, expected (by the
    log-normal distribution with the mean and SD of the logarithms)
    """
    none = count_kind("", np.ones(1)).iloc[:0]
    kinds = [count_kind(name, values) for name, values in sizes.items()]
    return pd.concat([none, *kinds], ignore_index=True)


def count_kind(name: str, values: np.ndarray) -> pd.DataFrame:
    """Histogram of one kind of `count_sizes`."""
    logs = np.log(values)
    low, high = logs.min(), logs.max()
    bins = int(np.clip(2 * np.sqrt(len(values)), 8, BINS))
    edges = np.linspace(low - 1e-6, high + 1e-6, bins + 1)
    count = np.histogram(logs, edges)[0]
    middle, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    spread = max(logs.std(), 1e-9)
    density = np.exp(-(((middle - logs.mean()) / spread) ** 2) / 2)
    density /= spread * np.sqrt(2 * np.pi)
    return pd.DataFrame(
        {
            "name": name,
            "lower": np.exp(edges[:-1]),
            "upper": np.exp(edges[1:]),
            "count": count,
            "expected": len(values) * width * density,
        }
    )


@in_style
def draw_sizes(sizes: dict[str, np.ndarray], histograms: pd.DataFrame) -> Figure:
    """Draw one panel per kind of object, with its median; for synapses with the fit.

    Parameters
    ----------
    sizes : as `collect_sizes` gives them
    histograms : table of `count_sizes`
    """
    columns = min(3, max(len(sizes), 1))
    rows = -(-max(len(sizes), 1) // columns)
    figure = Figure(figsize=(3.1 * columns, 2.4 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, (name, values) in zip(axes, sizes.items()):
        draw_kind(axis, name, values, histograms[histograms["name"] == name])
    for axis in axes[len(sizes) :]:
        axis.set_axis_off()
    return figure


def draw_kind(axis: Axes, name: str, values: np.ndarray, bins: pd.DataFrame) -> None:
    """Draw the histogram of one kind of object."""
    kind, unit = name.rstrip(")").split(" (")
    colour = COLOURS.get(name, ORANGE)
    edges = [*bins["lower"], bins["upper"].iloc[-1]]
    axis.stairs(bins["count"], edges, fill=True, color=colour, alpha=0.55)
    if name == KINDS["synapses"]:
        middle = np.sqrt(bins["lower"] * bins["upper"])
        axis.plot(middle, bins["expected"], color=BLACK, lw=1.1, label="log-normal")
    median = np.median(values)
    axis.axvline(median, color=BLACK, lw=0.8, ls=(0, (4, 3)))
    axis.set(xscale="log", xlabel=name, ylabel="count", title=kind.capitalize())
    axis.set_xticks(*choose_ticks(edges[0], edges[-1]))
    axis.set_xticks([], minor=True)
    axis.set_ylim(0, 1.4 * bins[["count", "expected"]].to_numpy().max())
    axis.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    spread = np.log(values).std()
    text = f"n = {len(values):,}\nmedian {median:.2g} {unit}\nSD of ln {spread:.2f}"
    plain = {"fc": "white", "ec": "none", "alpha": 0.8, "pad": 1}
    place = {"transform": axis.transAxes, "ha": "right", "va": "top"}
    axis.text(0.98, 0.98, text, size=7, bbox=plain, **place)


def choose_ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Places and labels of at most seven round ticks on a logarithmic axis.

    >>> choose_ticks(0.03, 0.6)[1]
    ['0.05', '0.1', '0.2', '0.5']
    >>> choose_ticks(0.0004, 80)[1]
    ['0.001', '0.01', '0.1', '1', '10']
    """
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    for steps, stride in (((1, 2, 5), 1), ((1,), 1), ((1,), 2), ((1,), 4)):
        decades = range(first, last + 1, stride)
        ticks = [float(f"{step}e{k}") for k in decades for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= 7:
            break
    return ticks, [f"{tick:g}" for tick in ticks]
