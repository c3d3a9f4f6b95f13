"""One place in four stages: raw, map of membranes, supervoxels, cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neuropil.cells import map_to_cells
from neuropil.figures.colouring import choose_colours, colour_image
from neuropil.figures.painting import blend, find_borders, stretch
from neuropil.figures.slices import WIDTH_IN, add_scale_bar, choose_box
from neuropil.figures.style import in_style
from neuropil.grid import Box
from neuropil.storage import read_table
from neuropil.volumes.roles import open_role

ROLES = ("raw", "membrane", "supervoxels")
TITLES = {
    "raw": "Raw",
    "membrane": "Map of membranes",
    "supervoxels": "Supervoxels",
    "cells": "Cells",
}
COLUMNS = 2


def read_stages(
    dataset: dict, membership: str, window_nm: float
) -> dict[str, np.ndarray]:
    """Read the middle of the middle section.

    Parameters
    ----------
    dataset : as `volumes.roles.open_role` takes it, with supervoxels
    membership : table supervoxel, cell
    window_nm : largest width and height

    Returns
    -------
    Images of raw and membrane, if there are any, and of supervoxels and cells (ids)
    """
    whole = Box(*(tuple(corner) for corner in dataset["box_vx"]))
    size = tuple(dataset["voxel_size_nm"][axis] for axis in "zyx")
    box = choose_box(whole, size, window_nm, 0)
    roles = [role for role in ROLES if role in dataset["volumes"]]
    images = {role: open_role(dataset, role).read(box)[0] for role in roles}
    ids, index = np.unique(images["supervoxels"], return_inverse=True)
    cells = map_to_cells(ids, read_table(membership))
    return images | {"cells": cells[index].reshape(box.shape[1:])}


def paint_stage(name: str, images: Mapping[str, np.ndarray]) -> np.ndarray:
    """RGB image of a stage; labels lie over the raw, as far as there is one."""
    image, raw = images[name], images.get("raw")
    if name in ("raw", "membrane"):
        return as_rgb(stretch(image) if name == "raw" else image / 255)
    rgb = as_rgb(np.full(image.shape, 0.9) if raw is None else stretch(raw))
    rgb = blend(rgb, image != 0, colour_image(image, *choose_colours([image])), 0.45)
    return blend(rgb, find_borders(image), (0.05,) * 3, 0.7)


def as_rgb(grey: np.ndarray) -> np.ndarray:
    """Grey values (rows, columns) from 0 to 1 as an RGB image."""
    return np.repeat(grey[..., None], 3, axis=2)


@in_style
def draw_stages(images: Mapping[str, np.ndarray], pixel_nm: tuple) -> Figure:
    """Draw the stages side by side.

    Parameters
    ----------
    images : of `read_stages`
    pixel_nm : height and width of a pixel
    """
    height, width = (n * s for n, s in zip(images["cells"].shape, pixel_nm))
    rows = -(-len(images) // COLUMNS)
    tall = WIDTH_IN / COLUMNS * height / width + 0.22
    figure = Figure(figsize=(WIDTH_IN, rows * tall), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axis, name in zip(axes, images):
        shown = {"extent": (0, width, height, 0), "interpolation": "antialiased"}
        axis.imshow(paint_stage(name, images), **shown)
        axis.set(xticks=[], yticks=[], title=TITLES[name])
        axis.spines[:].set_visible(False)
        add_scale_bar(axis, height, width)
    for axis in axes[len(images) :]:
        axis.set_axis_off()
    return figure


def count_stages(images: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Rows of schema ``stages``: name, mean (of raw and map), and count (of labels)."""
    rows = [
        (name, float(image.mean()), 0)
        if name in ("raw", "membrane")
        else (name, float((image != 0).mean()), len(np.unique(image[image != 0])))
        for name, image in images.items()
    ]
    return pd.DataFrame(rows, columns=["name", "mean", "count"])
