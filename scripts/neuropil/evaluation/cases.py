"""The worst cases of a run: the largest things that were missed or are false."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from neuropil.evaluation.measures import name_class
from neuropil.evaluation.tiles import Layers, cut_tile, draw_tile, encode_png
from neuropil.grid import Box
from neuropil.storage import LabelStack
from neuropil.volumes.roles import open_role

PER_GROUP = 12
POSITION = ["z_nm", "y_nm", "x_nm"]


@dataclass(frozen=True)
class Case:
    """One tile of the page: its group, what it shows, and the image as a data URI."""

    group: str
    caption: str
    image: str


@dataclass(frozen=True)
class Place:
    """Where a dataset lies: its box in voxels, and their size (z, y, x)."""

    box: Box
    voxel_size_nm: tuple[float, float, float]


def list_synapses(matches: pd.DataFrame) -> pd.DataFrame:
    """List the largest missed and false synapses, and those with a wrong property.

    Returns
    -------
    group, caption, z_nm, y_nm, x_nm, first, second (true cells to tint)
    """
    right = matches["outcome"] == "true"
    sign = right & (matches["truth_sign"] != matches["predicted_sign"])
    direction = right & (matches["truth_pre"] != matches["predicted_pre"])
    groups = (
        ("Missed synapses", matches["outcome"] == "missed", "truth"),
        ("False synapses", matches["outcome"] == "false", "predicted"),
        ("Synapses with the wrong direction", direction, "truth"),
        ("Synapses with the wrong sign", sign, "truth"),
    )
    parts = []
    for group, chosen, side in groups:
        order = [f"{side}_area_um2", f"{side}_synapse"]
        part = matches[chosen].sort_values(order, ascending=[False, True])
        part = part.head(PER_GROUP).reset_index(drop=True)
        captions = [describe_synapse(row, side) for row in part.to_dict("records")]
        cells = {"first": part[f"{side}_pre"], "second": part[f"{side}_post"]}
        parts.append(part[POSITION].assign(group=group, caption=captions, **cells))
    return pd.concat(parts, ignore_index=True)


def describe_synapse(row: dict, side: str) -> str:
    """Say in a line what a synapse is, and what is wrong with it."""
    z, y, x = (row[axis] / 1000 for axis in POSITION)
    words = [
        f"{row[f'{side}_synapse']}: {row[f'{side}_pre']} → {row[f'{side}_post']}",
        f"{row[f'{side}_area_um2']:.3f} µm²",
        row["reason"],
        f"z {z:.2f}, y {y:.2f}, x {x:.2f} µm",
    ]
    return "; ".join(word for word in words if word)


def list_objects(organelle: str, matches: pd.DataFrame) -> pd.DataFrame:
    """List the largest missed and false objects, as `list_synapses` does."""
    name = name_class(organelle).lower()
    parts = []
    for outcome, side in (("missed", "truth"), ("false", "object")):
        order = [f"{side}_voxel_count", side]
        part = matches[matches["outcome"] == outcome]
        part = part.sort_values(order, ascending=[False, True])
        part = part.head(PER_GROUP // 2).reset_index(drop=True)
        captions = [
            f"{row[side]}: {row[f'{side}_voxel_count']:,} voxels; "
            f"best IoU {row['iou']:.2f}"
            for row in part.to_dict("records")
        ]
        group = f"{outcome.capitalize()} {name}"
        cells = {"first": part[f"{side}_cell"], "second": np.uint64(0)}
        parts.append(part[POSITION].assign(group=group, caption=captions, **cells))
    return pd.concat(parts, ignore_index=True)


def draw_cases(rows: pd.DataFrame, layers: Layers, place: Place) -> list[Case]:
    """Draw the tile of each row of `list_synapses` or `list_objects`."""
    cases = []
    for row in rows.to_dict("records"):
        centre = tuple(row[axis] for axis in POSITION)
        box = cut_tile(centre, place.voxel_size_nm, place.box)
        image = draw_tile(layers, box, (row["first"], row["second"]))
        cases.append(Case(row["group"], row["caption"], encode_png(image)))
    return cases


def collect_cases(
    dataset: dict,
    synapses: pd.DataFrame,
    organelles: dict[str, pd.DataFrame],
    truth_files: Sequence[str],
    label_files: Sequence[str],
) -> list[Case]:
    """Draw the worst cases of synapses and of every organelle but junctions.

    Parameters
    ----------
    dataset : as `volumes.roles.open_role` takes it
    synapses : table of schema ``synapse_matches``
    organelles : per organelle its table of schema ``organelle_matches``
    truth_files : chunk files of the truth
    label_files : ``<organelle>/chunks/<chunk>.h5``, the predicted labels
    """
    place = Place(
        Box(*(tuple(corner) for corner in dataset["box_vx"])),
        tuple(dataset["voxel_size_nm"][axis] for axis in "zyx"),
    )
    raw = open_role(dataset, "raw").read if "raw" in dataset["volumes"] else None
    cells = LabelStack(truth_files, "cells").read
    lists = {name: list_objects(name, table) for name, table in organelles.items()}
    lists["sj"] = list_synapses(synapses)
    cases = []
    for name in sorted(lists, key=lambda name: name != "sj"):
        truth = LabelStack(truth_files, name).read
        held = [path for path in label_files if Path(path).parts[-3] == name]
        predicted = LabelStack(held).read
        layers = Layers(raw, cells, truth, predicted)
        cases += draw_cases(lists[name], layers, place)
    return cases
