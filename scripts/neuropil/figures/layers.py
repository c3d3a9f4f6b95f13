"""Read what the slices show: raw, cells and classes of a box."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from neuropil.cells import map_to_cells
from neuropil.figures.slices import Plane, read_planes
from neuropil.grid import Box
from neuropil.storage import LabelStack, read_table
from neuropil.volumes.roles import open_role

ROLES = ("myelin",)  # classes that are shown as their map says
THRESHOLD = 127
TABLES = ("membership", "site_labels", "site_contacts")


def read_slices(
    dataset: dict, files: Mapping[str, str | Sequence[str]], window_nm: float
) -> list[Plane]:
    """Read the middle slices of a dataset along z, y and x.

    Parameters
    ----------
    dataset : as `volumes.roles.open_role` takes it
    files : tables ``membership`` (supervoxel, cell), ``site_labels`` (chunk, label,
        site) and ``site_contacts`` (site, contact); every other name is that of a
        class, with the chunk files of its labels
    window_nm : largest width and height of a slice
    """
    box = Box(*(tuple(corner) for corner in dataset["box_vx"]))
    size = tuple(dataset["voxel_size_nm"][axis] for axis in "zyx")
    return read_planes(open_layers(dataset, files), box, size, window_nm)


def open_layers(
    dataset: dict, files: Mapping[str, str | Sequence[str]]
) -> Callable[[Box], dict]:
    """Give a function that reads ``raw`` (or None), ``cells`` and ``classes``."""
    volumes = dataset["volumes"]
    membership = read_table(files["membership"])
    supervoxels = open_role(dataset, "supervoxels")
    raw = open_role(dataset, "raw") if "raw" in volumes else None
    maps = {role: open_role(dataset, role) for role in ROLES if role in volumes}
    masks = {name: open_mask(files[name]) for name in files if name not in TABLES}
    if "contacts" in files:
        tables = (read_table(files[name]) for name in TABLES[1:])
        masks["contacts"] = open_contacts(files["contacts"], *tables)

    def read(box: Box) -> dict:
        ids, index = np.unique(supervoxels.read(box), return_inverse=True)
        classes = {name: read_mask(box) for name, read_mask in masks.items()}
        classes |= {name: m.read(box) > THRESHOLD for name, m in maps.items()}
        return {
            "raw": None if raw is None else raw.read(box),
            "cells": map_to_cells(ids, membership)[index].reshape(box.shape),
            "classes": classes,
        }

    return read


def open_mask(paths: Sequence[str]) -> Callable[[Box], np.ndarray]:
    """Give a function that reads where labels are."""
    stack = LabelStack(paths)
    return lambda box: stack.read(box) != 0


def open_contacts(
    paths: Sequence[str], labels: pd.DataFrame, site_contacts: pd.DataFrame
) -> Callable[[Box], np.ndarray]:
    """Give a function that reads where contacts of two cells are.

    Sites between two supervoxels of one cell are left out.

    Parameters
    ----------
    paths : chunk files of labels, named by their chunk
    labels : chunk, label, site
    site_contacts : site, contact: the sites that are part of a contact of two cells
    """
    shown = labels[labels["site"].isin(site_contacts["site"])]
    kept = {chunk: part["label"].to_numpy() for chunk, part in shown.groupby("chunk")}
    chunks = [(LabelStack([path]), kept.get(Path(path).stem, [])) for path in paths]

    def read(box: Box) -> np.ndarray:
        mask = np.zeros(box.shape, bool)
        for stack, known in chunks:
            part = box.intersect(stack.box)
            if part.size:
                mask[part.within(box)] = np.isin(stack.read(part), known)
        return mask

    return read
