"""Time and memory per rule, from Snakemake's benchmark files."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuropil.figures.style import BLUE, GREEN, in_style


def sum_rules(jobs: pd.DataFrame) -> pd.DataFrame:
    """Sum up the jobs of each rule, the rule with the most time first.

    Returns
    -------
    Rows of schema ``rule_costs``: rule, job_count, seconds (sum of wall time),
    cpu_seconds (sum), longest_seconds, peak_mb (largest of a job)
    """
    rules = jobs.groupby("rule", as_index=False).agg(
        job_count=("seconds", "size"),
        seconds=("seconds", "sum"),
        cpu_seconds=("cpu_seconds", "sum"),
        longest_seconds=("seconds", "max"),
        peak_mb=("peak_mb", "max"),
    )
    order = ["seconds", "rule"]
    return rules.sort_values(order, ascending=[False, True], ignore_index=True)


@in_style
def draw_runs(rules: pd.DataFrame) -> Figure:
    """Draw time and peak memory of each rule.

    Parameters
    ----------
    rules : table of `sum_rules`
    """
    height = 0.9 + 0.2 * max(len(rules), 1)
    figure = Figure(figsize=(7.2, height), layout="constrained")
    time, memory = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    names = [f"{r.rule} ({r.job_count})" for r in rules.itertuples()]
    draw_bars(time, names, rules["seconds"], BLUE, "{:,.1f}")
    time.barh(names, rules["longest_seconds"], color="black", alpha=0.25, height=0.7)
    time.set(xlabel="wall time, all jobs (s); dark: the longest job")
    draw_bars(memory, names, rules["peak_mb"], GREEN, "{:,.0f}")
    memory.set(xlabel="peak memory of a job (MB)")
    time.set_ylim(max(len(rules), 1) - 0.4, -0.6)
    total = rules["seconds"].sum()
    time.set_title(f"{int(rules['job_count'].sum()):,} jobs, {total:,.0f} s in all")
    return figure


def draw_bars(axis: Axes, names: list[str], values: pd.Series, colour: str, text: str):
    """Draw horizontal bars with their values at their ends."""
    bars = axis.barh(names, values, color=colour, height=0.7)
    axis.bar_label(bars, [text.format(v) for v in values], padding=2, size=6)
    axis.margins(x=0.15)
    axis.grid(True, axis="x")
    axis.tick_params(axis="y", length=0)
