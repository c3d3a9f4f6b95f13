"""The page of a tour: its steps with their pictures, in one file."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path
from string import Template

from neuropil.evaluation.page import table_html
from neuropil.figures.packing import as_uri, pack_picture
from neuropil.tour.steps import Step

TEMPLATE = Path(__file__).with_name("page.html")
LARGE = 1_500_000  # bytes of a picture that is packed with losses


def render_tour(dataset: str, steps: Sequence[Step], folder: str) -> str:
    """Write the page, which needs no other file.

    Parameters
    ----------
    dataset : its name
    steps : of `steps.list_steps`
    folder : of the dataset's results
    """
    titles = [
        f'<li><a href="#step-{number}">{html.escape(step.title)}</a></li>'
        for number, step in enumerate(steps, 1)
    ]
    parts = [show_step(number, step, folder) for number, step in enumerate(steps, 1)]
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        dataset=html.escape(dataset),
        titles="\n".join(titles),
        steps="\n".join(parts),
        folder=html.escape(folder),
    )


def show_step(number: int, step: Step, folder: str) -> str:
    """Write one step: heading, text, picture, table, files."""
    lines = [f'<h2 id="step-{number}">{number}. {html.escape(step.title)}</h2>']
    lines += [f"<p>{mark_names(paragraph)}</p>" for paragraph in step.text]
    path = Path(folder, "figures", f"{step.figure}.png")
    if step.figure and path.exists():
        link, alt = f"figures/{step.figure}.png", html.escape(step.title)
        lines.append(f'<a href="{link}"><img src="{embed(path)}" alt="{alt}"></a>')
    if step.rows:
        rows = [[html.escape(cell) for cell in row] for row in step.rows]
        lines.append(table_html(step.columns, rows))
    files = [*([f"figures/{step.figure}.png"] if step.figure else []), *step.files]
    if files:
        named = ", ".join(f"<code>{html.escape(file)}</code>" for file in files)
        lines.append(f'<p class="files">Files: {named}</p>')
    return "\n".join(lines)


def mark_names(text: str) -> str:
    """Escape a paragraph; what stands in backquotes becomes code.

    >>> mark_names("a < b in `x`")
    'a &lt; b in <code>x</code>'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def embed(path: Path) -> str:
    """Write a picture as a data URI; a large one is packed as JPEG."""
    return as_uri(*pack_picture(path.read_bytes(), LARGE))
