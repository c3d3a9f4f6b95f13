"""What a run found, how good it is, and where everything lies: a page of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from neuropil.storage import read_table

# Score in evaluation.json, how a reader calls it, and its form.
SCORES = (
    ("synapses.f1", "synapses, F1", "{:.3f}"),
    ("edges.f1", "connections, F1", "{:.3f}"),
    ("sign.accuracy", "signs that are right", "{:.1%}"),
    ("direction.accuracy", "directions that are right", "{:.1%}"),
    ("contacts.area_error", "error of contact areas", "{:.1%}"),
)
# Column of a table to add up, and its unit; of organelles it is the volume.
SUMS = {
    "connectome/cells": ("volume_um3", "µm³"),
    "contacts/contacts": ("area_um2", "µm²"),
    "connectome/synapses": ("area_um2", "µm²"),
    "connectome/edges": ("synapse_count", "synapses"),
}
ORGANELLE = "organelles/"
PLACES = {
    "connectome": "cells, synapses and connections",
    "contacts": "contact sites and their areas",
    "organelles": "organelles and their cells",
    "evaluation": "what was right and wrong; evaluation.html shows it",
    "sizes": "sizes of synapses, and pairs of cells with several",
    "figures": "sections, matrix, distributions, time, memory and costs",
}


def summarise_run(files: list[str], results: str) -> str:
    """Write down the main numbers of a run.

    Parameters
    ----------
    files : final files of the run; those of known names are counted
    results : folder of the dataset's results

    Returns
    -------
    Text of some 20 lines: what was found, scores against the truth where it is
    known, and the folders of the results
    """
    paths = {str(Path(f).relative_to(results)): Path(f) for f in files}
    lines = [f"Found in {Path(results).name}", *count_tables(paths)]
    lines += list_sizes(paths)
    if "evaluation/evaluation.json" in paths:
        scores = json.loads(paths["evaluation/evaluation.json"].read_text())
        lines += ["", "Compared with the truth", *list_scores(scores)]
    made = {path.split("/")[0] for path in paths}
    lines += ["", "Where things are"]
    lines += [
        f"  {results}/{folder:<12} {what}"
        for folder, what in PLACES.items()
        if folder in made
    ]
    return "\n".join(lines) + "\n"


def count_tables(paths: dict[str, Path]) -> Iterator[str]:
    """One line per table of results: its rows, and a sum that says how much."""
    for path in paths.values():
        key = f"{path.parent.name}/{path.stem}"
        if path.suffix != ".parquet" or not (key in SUMS or key.startswith(ORGANELLE)):
            continue
        stem, (column, unit) = path.stem, SUMS.get(key, ("volume_um3", "µm³"))
        values = read_table(path, [column])[column]
        called = {"edges": "connections"}.get(stem, stem)
        yield f"  {len(values):>9,} {called:<12} {values.sum():>11,.1f} {unit}"


def list_sizes(paths: dict[str, Path]) -> Iterator[str]:
    """One line per table of synapses: pairs of several, and how sizes spread."""
    for path in paths.values():
        if path.parent.name != "sizes":
            continue
        found = json.loads(path.read_text())["all"]
        count = found["counts"]["synapses"]["value"]
        text = f"  {count:>9,.0f} synapses in {path.stem}"
        if "pairs" in found:
            several = found["pairs"]["pairs_of_several"]["value"]
            text += f", {several:,.0f} pairs of several"
        if "log_normal" in found:
            text += f", SD of ln size {found['log_normal']['sigma']['value']:.2f}"
        yield text


def list_scores(scores: dict) -> Iterator[str]:
    """One line per score of the evaluation."""
    for key, called, form in SCORES:
        section, name = key.split(".")
        yield f"  {called:<28}{form.format(scores[section][name]):>8}"
    for organelle, values in scores["organelles"].items():
        yield f"  {organelle + ', AP at IoU 0.5':<28}{values['ap50']:>8.3f}"
