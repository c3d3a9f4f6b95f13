"""The page of the worst splits and mergers of cells, each with a tile."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from neuropil.evaluation.cases import PER_GROUP, Case, Place
from neuropil.evaluation.page import explain_tiles, frame_page, show_cases, table_html
from neuropil.evaluation.tiles import (
    Layers,
    cut_tile,
    draw_tile,
    encode_png,
    mark_place,
)
from neuropil.figures.label_tiles import read_cells
from neuropil.grid import Box
from neuropil.volumes.roles import open_role

WIDTH_NM = 1600.0
GAP = 6  # pixels between two sections
GROUPS = {
    "split": "Worst splits: a true cell in two segments",
    "merge": "Worst mergers: a segment of two true cells",
}
SCORES = {
    "voi_split": "Variation of information by splits, bit",
    "voi_merge": "Variation of information by mergers, bit",
    "adapted_rand_error": "Adapted Rand error",
}
COUNTS = {
    "split": ("Voxels not in their true cell's main segment", "parts that meet others"),
    "merge": ("Voxels not of their segment's main cell", "parts that meet others"),
}
Read = Callable[[Box], np.ndarray]


APART = (
    "Parts that meet no other one enter the volume in another place than the rest of "
    "their cell, or background lies between. The worst of those that meet follow; "
    "evaluation/worst_cells.parquet has them all."
)


def keep_ids(read: Read, ids: Sequence[int]) -> Read:
    """Read just some ids; all else is 0."""

    def kept(box: Box) -> np.ndarray:
        labels = read(box)
        return np.where(np.isin(labels, np.array(ids, labels.dtype)), labels, 0)

    return kept


def arrange_layers(row: dict, raw: Read | None, cells: Read, segments: Read) -> Layers:
    """Say what is outlined and tinted in a case: its two parts, and their whole."""
    whole, parts = [row["whole"]], [row["part"], row["other_part"]]
    is_split = row["kind"] == "split"
    return Layers(
        raw=raw,
        cells=segments if is_split else cells,
        truth=keep_ids(cells, whole if is_split else parts),
        predicted=keep_ids(segments, parts if is_split else whole),
    )


def draw_case(row: dict, layers: Layers, place: Place) -> np.ndarray:
    """Draw the section of a case; what meets across two has the next one below."""
    voxel = tuple(row[f"{axis}_vx"] for axis in "zyx")
    centre = tuple(row[f"{axis}_nm"] for axis in "zyx")
    box = cut_tile(centre, place.voxel_size_nm, place.box, WIDTH_NM)
    images = []
    for step in range(2 if row["normal"] == "z" else 1):
        start, stop = ((corner[0] + step, *corner[1:]) for corner in box)
        image = draw_tile(layers, Box(start, stop), (row["part"], row["other_part"]))
        images += [mark_place(image, box, voxel)]
        images += [np.full((GAP, image.shape[1], 3), 255, np.uint8)]
    return np.concatenate(images[:-1])


def describe_case(row: dict) -> str:
    """Say what is wrong, and where."""
    what = ("true cell", "segments") if row["kind"] == "split" else ("segment", "cells")
    place = f"supervoxels {row['supervoxel_a']} and {row['supervoxel_b']}"
    if row["supervoxel_a"] == row["supervoxel_b"]:
        place = f"in supervoxel {row['supervoxel_a']}"
    elif not np.isnan(row["score"]):
        place += f", score {row['score']:.3f}"
    parts = [
        f"{what[0]} {row['whole']}, {what[1]} {row['part']} "
        f"({row['voxel_count']:,} voxels) and {row['other_part']} "
        f"({row['other_voxel_count']:,})",
        place,
        "voxel " + ", ".join(f"{axis} {row[f'{axis}_vx']}" for axis in "zyx"),
        ", ".join(f"{axis} {row[f'{axis}_nm']:g}" for axis in "zyx") + " nm",
    ]
    return "; ".join(parts)


def draw_worst(
    worst: pd.DataFrame, dataset: dict, membership: pd.DataFrame
) -> list[Case]:
    """Draw the first cases of both kinds.

    Parameters
    ----------
    worst : table of schema ``worst_cells``
    dataset : as `volumes.roles.open_role` takes it, with supervoxels and truth, and raw
        or none
    membership : supervoxel, cell
    """
    place = Place(
        Box(*map(tuple, dataset["box_vx"])),
        tuple(dataset["voxel_size_nm"][axis] for axis in "zyx"),
    )
    supervoxels = open_role(dataset, "supervoxels").read
    raw = open_role(dataset, "raw").read if "raw" in dataset["volumes"] else None
    cells = open_role(dataset, "truth").read

    def segments(box: Box) -> np.ndarray:
        return read_cells(supervoxels, box, membership)

    cases = []
    for row in worst.groupby("kind", sort=False).head(PER_GROUP).to_dict("records"):
        image = draw_case(row, arrange_layers(row, raw, cells, segments), place)
        cases.append(Case(GROUPS[row["kind"]], describe_case(row), encode_png(image)))
    return cases


def render_worst(
    dataset: str, scores: dict, worst: pd.DataFrame, cases: Sequence[Case]
) -> str:
    """Write the page.

    Parameters
    ----------
    dataset : its name
    scores : of `worst_cells.measure_worst`
    worst : table of schema ``worst_cells``
    cases : of `draw_worst`
    """
    rows = [(title, f"{scores[name]:.3f}") for name, title in SCORES.items()]
    for kind, (title, parts) in COUNTS.items():
        held = worst[worst["kind"] == kind]["voxel_count"]
        rows.append((title, f"{scores[f'{kind}_voxels']:,}"))
        rows.append((f"of these, in {len(held):,} {parts}", f"{held.sum():,}"))
    lead = (
        "Cells of this run, corrections included, compared with the truth; borders of "
        "true cells are left out. Supervoxels of a case are what a correction names: "
        "merge those of a split, split those of a merger."
    )
    names = ("true cell", "segment", "the smaller part", "the larger part")
    more = (
        "thin lines: borders of segments (of a merger, of true cells); yellow square: "
        "the place, where the map is lowest; two sections: they meet across these"
    )
    parts = [
        "<h2>Scores</h2>",
        table_html(("Measure", "Value#"), rows),
        f"<p>{APART}</p>",
        "<h2>Worst cases</h2>",
        explain_tiles(WIDTH_NM, names, more),
        show_cases(cases),
    ]
    return frame_page(dataset, lead, "\n".join(parts))
