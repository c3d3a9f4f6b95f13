"""How far classifiers of synapses can be trusted, and what teaches them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from neuropil.classifier.reliability import (
    bin_reliability,
    bound_share,
    mirror,
    trace_precision,
)
from neuropil.figures.sizes import choose_ticks
from neuropil.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, RED, in_style

#: Title of each target, and the class that its probability is of.
TARGETS = {
    "synaptic": ("Reality", "a synapse"),
    "direction": ("Direction", "presynaptic"),
    "sign": ("Sign", "excitatory"),
}
MIRRORED = "direction"  # both sides of a case count
TITLES = {
    "reliability": "are probabilities right?",
    "precision": "is it told apart?",
    "importance": "by which features?",
    "labels": "with how many labels?",
}
LEARNERS = {"chosen": (BLUE, "o"), "reference": (ORANGE, "s")}
MEASURES = {
    "accuracy": ("accuracy", GREEN, "o"),
    "average_precision": ("average precision", RED, "D"),
}
TOP = 10  # features shown
POINTS = 500  # of a curve, at most
COLUMNS = ["panel", "target", "name", "number", "x", "y", "low", "high", "count"]


def list_panels(
    held_out: pd.DataFrame, curve: pd.DataFrame, importance: pd.DataFrame, by: str
) -> pd.DataFrame:
    """List what the panels show.

    Parameters
    ----------
    held_out, curve, importance : tables of schemas ``held_out``, ``label_counts``,
        ``importance``
    by : the scheme of holding out that is shown, cell or region

    Returns
    -------
    Rows of schema ``classifier_panels``; a panel without data has none
    """
    parts = [pd.DataFrame(columns=COLUMNS)]
    shown = held_out[held_out["scheme"] == by]
    for (target, learner), part in shown.groupby(["target", "learner"], sort=False):
        p, y = part["p"].to_numpy(), part["is_true"].to_numpy(bool)
        p, y = mirror(p, y) if target == MIRRORED else (p, y)
        keys = {"target": target, "name": learner}
        parts.append(list_bins(p, y).assign(panel="reliability", **keys))
        parts.append(list_precision(p, y).assign(panel="precision", **keys))
    parts += [list_features(importance), list_counts(curve)]
    table = pd.concat([part for part in parts if len(part)] or parts[:1])
    table = table.reindex(columns=COLUMNS).reset_index(drop=True)
    return table.assign(count=table["count"].fillna(0).astype(np.int64))


def list_bins(p: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """List reliability per bin of probability: p, share with its bounds, cases."""
    bins = bin_reliability(p, y).rename(columns={"bin": "number", "p": "x"})
    low, high = bound_share(bins["share"].to_numpy(), bins["count"].to_numpy())
    return bins.rename(columns={"share": "y"}).assign(low=low, high=high)


def list_precision(p: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """List precision over recall, thinned to `POINTS`."""
    recall, precision = trace_precision(p, y)
    kept = np.linspace(0, len(recall) - 1, min(len(recall), POINTS)).round().astype(int)
    number = np.arange(len(kept))
    return pd.DataFrame({"number": number, "x": recall[kept], "y": precision[kept]})


def list_features(importance: pd.DataFrame) -> pd.DataFrame:
    """List the `TOP` features of each target, the one that is worth most first."""
    order = ["target", "loss", "feature"]
    table = importance.dropna().sort_values(order, ascending=[True, False, True])
    table["number"] = table.groupby("target").cumcount()
    table = table[table["number"] < TOP]
    names = {"feature": "name", "loss": "x"}
    table = table.rename(columns=names).assign(panel="importance")
    return table.assign(y=table["number"].astype(float))


def list_counts(curve: pd.DataFrame) -> pd.DataFrame:
    """List both measures of each sample of labels."""
    keys = ["label_count", "repeat", "target"]
    table = curve.melt(keys, [*MEASURES], "name", "y").dropna(subset=["y"])
    table = table.sort_values(["target", "name", "label_count", "repeat"])
    table["number"] = table.groupby(["target", "name"]).cumcount()
    table["x"] = table["label_count"].astype(float)
    return table.assign(panel="labels")[[*COLUMNS[:6]]]


@in_style
def draw_classifier(panels: pd.DataFrame, scores: Mapping[str, Mapping]) -> Figure:
    """Draw a row per target: reliability, precision, features, numbers of labels.

    Parameters
    ----------
    panels : table of `list_panels`
    scores : scores of the scheme shown, by learner and target (`score_target`)
    """
    draw = {
        "reliability": draw_reliability,
        "precision": draw_precision,
        "importance": draw_importance,
        "labels": draw_labels,
    }
    size = (3.0 * len(draw), 3.1 * len(TARGETS))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(TARGETS), len(draw), squeeze=False)
    for row, target in zip(axes, TARGETS):
        own = {name: found.get(target, {}) for name, found in scores.items()}
        for axis, (name, draw_panel) in zip(row, draw.items()):
            part = panels[(panels["panel"] == name) & (panels["target"] == target)]
            if len(part):
                draw_panel(axis, part, own)
            else:
                say_nothing(axis, name)
            axis.set_title(f"{TARGETS[target][0]}: {TITLES[name]}")
    return figure


def say_nothing(axis: Axes, name: str) -> None:
    """Say why a panel is empty."""
    why = "one class only" if name == "precision" else "no cases"
    axis.set_axis_off()
    axis.text(0.5, 0.5, why, ha="center", color=GREY, transform=axis.transAxes)


def describe(name: str, called: str, value: float | None) -> str:
    """Write a number of a learner; a dash if there is none.

    >>> describe("chosen", "error", 0.0316), describe("chosen", "error", None)
    ('chosen, error 0.032', 'chosen, error -')
    """
    return f"{name}, {called} {'-' if value is None else f'{value:.3f}'}"


def by_learner(part: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows of each learner that there are, in the order of drawing."""
    found = {name: part[part["name"] == name] for name in LEARNERS}
    return {name: rows for name, rows in found.items() if len(rows)}


def draw_reliability(axis: Axes, part: pd.DataFrame, scores: Mapping) -> None:
    """Draw shares over probabilities with bounds of 95 %, and the cases of each bin."""
    axis.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=(0, (4, 3)))
    for number, (name, rows) in enumerate(by_learner(part).items()):
        colour, marker = LEARNERS[name]
        error = scores.get(name, {}).get("calibration_error")
        ends = np.abs(rows[["low", "high"]].to_numpy().T - rows["y"].to_numpy())
        axis.errorbar(
            rows["x"], rows["y"], ends, fmt=marker, color=colour, ms=3.5,
            elinewidth=0.9, label=describe(name, "error", error),
        )  # fmt: skip
        draw_cases(axis, rows, colour, 1.08 + 0.24 * number)
    of = TARGETS[part["target"].iloc[0]][1]
    axis.set(xlim=(-0.03, 1.03), ylim=(-0.05, 1.9))
    axis.set(xlabel=f"probability of being {of}", yticks=np.linspace(0, 1, 6))
    axis.spines["left"].set_bounds(-0.05, 1)
    axis.set_ylabel("share that is so", y=0.27)
    axis.text(-0.06, 1.08, "cases", size=7, rotation=90, ha="right")
    axis.legend(loc="upper left")


def draw_cases(axis: Axes, rows: pd.DataFrame, colour: str, bottom: float) -> None:
    """Draw how many cases of a learner each bin has, as bars above the panel."""
    at, count = (rows["number"] + 0.5) / 10, rows["count"]
    height = 0.12 * count / count.max()
    bars = axis.bar(at, height, 0.09, bottom, color=colour, alpha=0.5, lw=0)
    axis.bar_label(bars, [f"{n:,}" for n in count], size=6, padding=1)


def draw_precision(axis: Axes, part: pd.DataFrame, scores: Mapping) -> None:
    """Draw precision over recall, and what guessing gives."""
    for name, rows in by_learner(part).items():
        colour, found = LEARNERS[name][0], scores.get(name, {})
        label = describe(name, "AP", found.get("average_precision"))
        recall = np.append(0, rows["x"])
        precision = np.append(rows["y"].iloc[0], rows["y"])
        axis.plot(recall, precision, color=colour, lw=1.2, ds="steps-pre", label=label)
    guess = rows["y"].iloc[-1]  # with all cases called
    axis.axhline(guess, color=GREY, lw=0.8, ls=(0, (4, 3)), label="guessing")
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04), xlabel="recall")
    axis.set(ylabel="precision")
    axis.legend(loc="lower left")


def draw_importance(axis: Axes, part: pd.DataFrame, scores: Mapping) -> None:
    """Draw what the best features are worth."""
    axis.barh(part["y"], part["x"], 0.7, color=BLUE)
    axis.axvline(0, color=BLACK, lw=0.6)
    axis.set_yticks(part["y"], part["name"])
    axis.set(ylim=(TOP - 0.4, -0.6), xlabel="loss added by mixing it (nats)")
    axis.tick_params(axis="y", length=0)
    axis.xaxis.set_major_locator(MaxNLocator(4))


def draw_labels(axis: Axes, part: pd.DataFrame, scores: Mapping) -> None:
    """Draw scores over the number of labels: each sample, and their mean."""
    for name, (called, colour, marker) in MEASURES.items():
        rows = part[part["name"] == name]
        if len(rows):
            mean = rows.groupby("x")["y"].mean()
            axis.plot(mean.index, mean, color=colour, lw=1.2, label=called)
            axis.plot(rows["x"], rows["y"], marker, color=colour, ms=2.8, alpha=0.6)
    low, high = part["x"].min(), part["x"].max()
    axis.set(xscale="log", xlabel="labels", ylabel="of held-out cases")
    axis.set_xlim(0.8 * low, 1.25 * high)
    axis.set_xticks(*choose_ticks(0.8 * low, 1.25 * high))
    axis.set_xticks([], minor=True)
    bottom = np.floor(10 * part["y"].min()) / 10
    axis.set_ylim(min(bottom, 0.9), 1.005)
    axis.legend(loc="lower right")
