"""Sections one after the other: cells in their colours, organelles outlined on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from neuropil.figures.colouring import choose_colours, colour_image
from neuropil.figures.layers import open_layers
from neuropil.figures.painting import blend, find_borders, find_rims
from neuropil.figures.slices import (
    WIDTH_IN,
    Plane,
    add_legend,
    choose_box,
    draw_image,
    grey_image,
    refine,
)
from neuropil.figures.style import colour_classes, in_style
from neuropil.grid import Box

COLUMNS = 2
RIM_NM = 25.0  # width of outlines


def choose_sections(box: Box, count: int) -> list[int]:
    """Sections along z that lie evenly in a box; all of them if there are no more.

    >>> choose_sections(Box.of((10, 4, 4)), 12), choose_sections(Box.of((9, 4, 4)), 3)
    ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 4, 7])
    """
    first, stop = box.start[0], box.stop[0]
    count = min(count, stop - first)
    return [first + (2 * i + 1) * (stop - first) // (2 * count) for i in range(count)]


def read_sections(
    dataset: dict,
    files: Mapping[str, str | Sequence[str]],
    window_nm: float,
    count: int,
) -> list[Plane]:
    """Read sections of a dataset, evenly chosen along z, the middle of each.

    Parameters
    ----------
    dataset, files : as `layers.read_slices` takes them
    window_nm : largest width and height of a section
    count : sections at most
    """
    whole = Box(*(tuple(corner) for corner in dataset["box_vx"]))
    size = tuple(dataset["voxel_size_nm"][axis] for axis in "zyx")
    read, window = open_layers(dataset, files), choose_box(whole, size, window_nm, 0)
    planes = []
    for z in choose_sections(whole, count):
        found = read(Box((z, *window.start[1:]), (z + 1, *window.stop[1:])))
        raw = found["raw"]
        planes.append(
            Plane(
                axis="z",
                position_nm=(z + 0.5) * size[0],
                pixel_nm=size[1:],
                raw=None if raw is None else raw[0],
                cells=found["cells"][0],
                classes={name: mask[0] for name, mask in found["classes"].items()},
            )
        )
    return planes


def paint_overlay(plane: Plane, palette: tuple) -> np.ndarray:
    """RGB image with each cell in its own colour, and the classes outlined.

    Parameters
    ----------
    palette : ids and colours of `colouring.choose_colours`
    """
    image = grey_image(plane)
    alpha = 0.4 if plane.raw is not None else 0.8
    image = blend(image, plane.cells != 0, colour_image(plane.cells, *palette), alpha)
    image = blend(image, find_borders(plane.cells), (0.05, 0.05, 0.05), 0.6)
    width = max(1, round(RIM_NM / max(plane.pixel_nm)))
    for name, colour in colour_classes(list(plane.classes)).items():
        rims = find_rims(plane.classes[name], width)
        image = blend(image, rims, to_rgb(colour), 0.9)
    return image


@in_style
def draw_sections(planes: list[Plane], z_nm: float) -> Figure:
    """Draw sections side by side, in the order of reading.

    Parameters
    ----------
    planes : as `read_sections` gives them, of one size
    z_nm : thickness of a section
    """
    palette = choose_colours([plane.cells for plane in planes])
    planes = [refine(plane) for plane in planes]
    columns = min(COLUMNS, len(planes))
    rows, width = math.ceil(len(planes) / columns), WIDTH_IN / columns
    height, across = planes[0].size_nm
    tall = width * height / across + 0.22
    figure = Figure(figsize=(WIDTH_IN, rows * tall + 0.3), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for plane, axis in zip(planes, axes):
        draw_image(axis, plane, paint_overlay(plane, palette))
        number = int(plane.position_nm // z_nm)
        axis.set_title(f"Section {number}, z = {plane.position_nm / 1000:.3f} µm")
    for axis in axes[len(planes) :]:
        axis.set_axis_off()
    add_legend(figure, planes)
    return figure
