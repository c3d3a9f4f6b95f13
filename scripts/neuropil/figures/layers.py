"""Read what the slices show: raw, cells and classes of a box."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from neuropil.cells import map_to_cells
from neuropil.figures.slices import Plane, read_planes
from neuropil.grid import Box
from neuropil.storage import LabelStack, read_table
from neuropil.volumes.roles import open_role

ROLES = ("myelin",)  # classes that are shown as their map says
THRESHOLD = 127


def read_slices(
    dataset: dict, files: Mapping[str, str | Sequence[str]], window_nm: float
) -> list[Plane]:
    """Read the middle slices of a dataset along z, y and x.

    Parameters
    ----------
    dataset : as `volumes.roles.open_role` takes it
    files : ``membership``, the table of supervoxels and their cells; every other name
        is that of a class, with the chunk files of its labels
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
    names = [name for name in files if name != "membership"]
    labels = {name: LabelStack(files[name]) for name in names}

    def read(box: Box) -> dict:
        ids, index = np.unique(supervoxels.read(box), return_inverse=True)
        classes = {name: stack.read(box) != 0 for name, stack in labels.items()}
        classes |= {name: m.read(box) > THRESHOLD for name, m in maps.items()}
        return {
            "raw": None if raw is None else raw.read(box),
            "cells": map_to_cells(ids, membership)[index].reshape(box.shape),
            "classes": classes,
        }

    return read
