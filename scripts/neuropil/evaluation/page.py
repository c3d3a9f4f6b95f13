"""The page of the evaluation: scores against their bars, and the worst cases."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template

import pandas as pd

from neuropil.evaluation.cases import Case
from neuropil.evaluation.measures import find_score, list_measures
from neuropil.evaluation.tiles import PREDICTED, TINTS, TRUTH, WIDTH_NM
from neuropil.whole_files import replacing

TEMPLATE = Path(__file__).with_name("page.html")
ROWS = 10  # of the tables of worst connections and contacts


def table_html(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; columns whose title ends with # hold numbers."""
    kinds = [' class="number"' if title.endswith("#") else "" for title in columns]
    titles = [title.rstrip("#") for title in columns]
    lines = ["".join(f"<th{k}>{t}</th>" for k, t in zip(kinds, titles))]
    lines += ["".join(f"<td{k}>{c}</td>" for k, c in zip(kinds, row)) for row in rows]
    return "<table>\n" + "".join(f"<tr>{line}</tr>\n" for line in lines) + "</table>\n"


def show_scores(scores: dict) -> str:
    """Table of all measures, with their bars where there is one."""
    rows = []
    for measure in list_measures(scores):
        value = find_score(scores, measure.key)
        bar = verdict = ""
        if measure.bar is not None and value is not None:
            bar = f"{'≤' if measure.is_error else '≥'} {measure.bar:g}"
            kind, word = (
                ("good", "reached") if measure.passes(value) else ("bad", "not reached")
            )
            verdict = f'<span class="{kind}">{word}</span>'
        shown = "none" if value is None else f"{value:.3f}"
        rows.append((measure.name, shown, bar, verdict, html.escape(measure.meaning)))
    columns = ("Measure", "Value#", "Bar#", "", "Meaning")
    counts = scores["synapses"]
    sentence = (
        f"{counts['matched']:,} of {counts['matched'] + counts['missed']:,} synapses "
        f"were found; {counts['false']:,} that were reported are not there."
    )
    return f"<h2>Scores</h2>\n<p>{sentence}</p>\n" + table_html(columns, rows)


def show_reasons(synapses: pd.DataFrame) -> str:
    """Table of how many synapses were matched, missed and false, and why."""
    counts = synapses.groupby(["outcome", "reason"]).size()
    order = {"true": 0, "missed": 1, "false": 2}
    found = sorted(counts.items(), key=lambda row: (order[row[0][0]], -row[1], row[0]))
    rows = [(outcome, reason, f"{n:,}") for (outcome, reason), n in found]
    table = table_html(("Synapses", "Reason", "Number#"), rows)
    return "<h2>Why synapses are missed or false</h2>\n" + table


def show_cases(cases: Sequence[Case]) -> str:
    """Tiles of cases, under the heading of their group."""
    parts = []
    for group in dict.fromkeys(case.group for case in cases):
        tiles = [
            f'<figure><img src="{case.image}" alt="{html.escape(case.caption)}">'
            f"<figcaption>{html.escape(case.caption)}</figcaption></figure>"
            for case in cases
            if case.group == group
        ]
        body = "\n".join(tiles)
        parts.append(f'<h3>{html.escape(group)}</h3>\n<div class="tiles">{body}</div>')
    return "\n".join(parts) or "<p>Nothing was missed, and nothing is false.</p>"


def show_edges(edges: pd.DataFrame) -> str:
    """Table of the missed and false connections with the largest area."""
    wrong = edges[edges["outcome"] != "true"]
    area = wrong[["truth_area_um2", "predicted_area_um2"]].max(axis=1)
    order = ["area", "pre", "post"]
    wrong = wrong.assign(area=area).sort_values(order, ascending=[False, True, True])
    rows = [
        (
            r.outcome,
            f"{r.pre} → {r.post}",
            f"{r.truth_synapse_count}",
            f"{r.predicted_synapse_count}",
            f"{r.area:.3f}",
        )
        for r in wrong.head(ROWS).itertuples()
    ]
    columns = (
        "Connections",
        "True cells",
        "True synapses#",
        "Predicted#",
        "Area, µm²#",
    )
    return "<h2>Strongest wrong connections</h2>\n" + table_html(columns, rows)


def show_contacts(areas: pd.DataFrame) -> str:
    """Table of the pairs of cells whose contact area is most wrong."""
    order = areas["error_um2"].abs().sort_values(ascending=False, kind="stable").index
    rows = [
        (
            f"{r.cell_a}, {r.cell_b}",
            f"{r.truth_area_um2:.3f}",
            f"{r.predicted_area_um2:.3f}",
            f"{r.error_um2:+.3f}",
        )
        for r in areas.loc[order].head(ROWS).itertuples()
    ]
    columns = ("True cells", "True area, µm²#", "Predicted, µm²#", "Error, µm²#")
    return "<h2>Contacts with the largest error</h2>\n" + table_html(columns, rows)


def rgb(colour: tuple) -> str:
    """Colour as CSS writes it."""
    return "rgb({}, {}, {})".format(*colour)


def frame_page(dataset: str, lead: str, body: str) -> str:
    """Put a page around its body, so that it needs no other file."""
    parts = {"dataset": html.escape(dataset), "lead": lead, "body": body}
    return Template(TEMPLATE.read_text()).substitute(parts)


def explain_tiles(width_nm: float, names: tuple[str, str, str, str], more: str) -> str:
    """Say what colours of tiles mean: true and predicted outline, and both tints."""
    colours = (TRUTH, PREDICTED, *TINTS)
    keys = [f'<b style="background:{rgb(c)}"></b>{n}' for c, n in zip(colours, names)]
    return (
        f'<p class="key">Sections of {width_nm / 1000:g} µm, the case in the middle. '
        f"Outlines: {' '.join(keys[:2])}. Tints: {' '.join(keys[2:])}; {more}.</p>"
    )


def render_page(
    dataset: str,
    scores: dict,
    tables: dict[str, pd.DataFrame],
    cases: Sequence[Case],
) -> str:
    """Write the page of the evaluation.

    Parameters
    ----------
    dataset : its name
    scores : of `summary.collect_scores`
    tables : ``synapses``, ``edges``, ``contacts`` of the schemas ``synapse_matches``,
        ``edge_matches`` and ``contact_areas``
    cases : of `cases.collect_cases`
    """
    lead = (
        "What the run found, compared with the truth from which the phantom was made."
    )
    names = ("true", "predicted", "presynaptic (or own) cell", "other cell")
    parts = [
        show_scores(scores),
        show_reasons(tables["synapses"]),
        "<h2>Worst cases</h2>",
        explain_tiles(WIDTH_NM, names, "thin lines: borders of cells"),
        show_cases(cases),
        show_edges(tables["edges"]),
        show_contacts(tables["contacts"]),
    ]
    return frame_page(dataset, lead, "\n".join(parts))


def write_page(path: str | os.PathLike, page: str) -> None:
    """Write a page, complete or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
