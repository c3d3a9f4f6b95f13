"""Slices through the volume along all three axes, with every class overlaid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from neuropil.figures.painting import blend, find_borders, find_rims, stretch
from neuropil.figures.style import CLASS_NAMES, colour_classes, colour_ids, in_style
from neuropil.grid import Box

WIDTH_IN = 9.6
LEAST_WIDTH_PX = 600  # of an image
NICE_NM = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)


@dataclass(frozen=True)
class Plane:
    """One slice, one voxel thick; images have the shape (rows, columns).

    Attributes
    ----------
    axis : "z", "y" or "x", the normal
    position_nm : where the slice cuts that axis
    pixel_nm : height and width of a pixel
    raw : uint8 grey values, or None
    cells : ids of cells, 0 is none
    classes : per class (``mi``, ``contacts`` ...) a bool image
    """

    axis: str
    position_nm: float
    pixel_nm: tuple[float, float]
    raw: np.ndarray | None
    cells: np.ndarray
    classes: dict[str, np.ndarray]

    @property
    def size_nm(self) -> tuple[float, float]:
        """Height and width of the image."""
        return tuple(n * size for n, size in zip(self.cells.shape, self.pixel_nm))


def choose_box(box: Box, voxel_size_nm: tuple, window_nm: float, axis: int) -> Box:
    """Box of the middle slice along an axis, at most ``window_nm`` wide and high."""
    start, stop = [], []
    for i, (a, b, size) in enumerate(zip(box.start, box.stop, voxel_size_nm)):
        count = 1 if i == axis else min(b - a, max(1, round(window_nm / size)))
        first = a + (b - a - count) // 2
        start.append(first)
        stop.append(first + count)
    return Box(tuple(start), tuple(stop))


def read_planes(
    read: Callable[[Box], dict], box: Box, voxel_size_nm: tuple, window_nm: float
) -> list[Plane]:
    """Read the middle slices along z, y and x.

    Parameters
    ----------
    read : gives raw (or None), cells and classes of a box as arrays of its shape
    box : the dataset's box
    voxel_size_nm : (z, y, x)
    window_nm : largest width and height
    """
    planes = []
    for axis, name in enumerate("zyx"):
        part = choose_box(box, voxel_size_nm, window_nm, axis)
        found = read(part)
        raw, cells, classes = found["raw"], found["cells"], found["classes"]
        planes.append(
            Plane(
                axis=name,
                position_nm=(part.start[axis] + 0.5) * voxel_size_nm[axis],
                pixel_nm=tuple(v for i, v in enumerate(voxel_size_nm) if i != axis),
                raw=None if raw is None else np.squeeze(raw, axis),
                cells=np.squeeze(cells, axis),
                classes={k: np.squeeze(v, axis) for k, v in classes.items()},
            )
        )
    return planes


def grey_image(plane: Plane) -> np.ndarray:
    """RGB image of the raw slice; without raw, white cells with grey outlines."""
    if plane.raw is not None:
        grey = stretch(plane.raw)
    else:
        grey = np.where(find_borders(plane.cells), 0.6, 0.97)
        grey = np.where(plane.cells == 0, 0.25, grey)
    return np.repeat(grey[..., None], 3, axis=2)


def paint_cells(plane: Plane) -> np.ndarray:
    """RGB image with each cell in its own colour."""
    image = grey_image(plane)
    alpha = 0.45 if plane.raw is not None else 0.9
    image = blend(image, plane.cells != 0, colour_ids(plane.cells), alpha)
    return blend(image, find_borders(plane.cells), (0.05, 0.05, 0.05), 0.6)


def paint_classes(plane: Plane) -> np.ndarray:
    """RGB image with the classes filled softly and outlined."""
    image = grey_image(plane)
    for name, colour in colour_classes(list(plane.classes)).items():
        mask = plane.classes[name]
        alpha = 0.25 if name == "contacts" and plane.raw is not None else 0.5
        image = blend(image, mask, to_rgb(colour), alpha)
        image = blend(image, find_rims(mask), to_rgb(colour), 0.6)
    return image


def refine(plane: Plane) -> Plane:
    """Repeat pixels until they are small and about square, so that lines are thin."""
    target = plane.size_nm[1] / LEAST_WIDTH_PX
    times = [max(1, round(size / target)) for size in plane.pixel_nm]

    def repeat(image: np.ndarray) -> np.ndarray:
        return image.repeat(times[0], axis=0).repeat(times[1], axis=1)

    return Plane(
        axis=plane.axis,
        position_nm=plane.position_nm,
        pixel_nm=tuple(size / n for size, n in zip(plane.pixel_nm, times)),
        raw=None if plane.raw is None else repeat(plane.raw),
        cells=repeat(plane.cells),
        classes={name: repeat(mask) for name, mask in plane.classes.items()},
    )


@in_style
def draw_slices(planes: list[Plane]) -> Figure:
    """Draw the slices as raw, cells, and the classes over the raw.

    One row per slice; with fewer than three kinds of images, one column per slice.

    Parameters
    ----------
    planes : as `read_planes` gives them; kinds of images without data are left out
    """
    planes = [refine(plane) for plane in planes]
    kinds = choose_kinds(planes)
    images = [[(plane, *kind) for kind in kinds.items()] for plane in planes]
    if len(kinds) < len(planes):
        images = list(zip(*images))
    width = WIDTH_IN / len(images[0])
    heights = [
        max(width * p.size_nm[0] / p.size_nm[1] for p, *_ in row) for row in images
    ]
    figure = Figure(figsize=(WIDTH_IN, sum(heights) + 0.6), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    axes = figure.subplots(
        len(images), len(images[0]), squeeze=False, height_ratios=heights
    )
    for row, row_axes in zip(images, axes):
        for (plane, title, paint), axis in zip(row, row_axes):
            draw_image(axis, plane, paint(plane))
            axis.set_title(f"{title}, {name_plane(plane)}")
    add_legend(figure, planes)
    return figure


def choose_kinds(planes: list[Plane]) -> dict[str, Callable]:
    """Title and painter of each kind of image that has data."""
    kinds = {}
    if all(plane.raw is not None for plane in planes):
        kinds["Raw"] = grey_image
    kinds["Cells"] = paint_cells
    if any(plane.classes for plane in planes):
        kinds["Classes"] = paint_classes
    return kinds


def draw_image(axis: Axes, plane: Plane, image: np.ndarray) -> None:
    """Show an image to scale, with a scale bar and without ticks."""
    height, width = plane.size_nm
    axis.imshow(image, extent=(0, width, height, 0), interpolation="antialiased")
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    add_scale_bar(axis, height, width)


def add_scale_bar(axis: Axes, height: float, width: float) -> None:
    """Draw a bar of about a fifth of the width, with its length."""
    length = max([n for n in NICE_NM if n <= width / 4] or [NICE_NM[0]])
    margin = 0.03 * width
    place = (margin, height - 0.018 * width - margin)
    bar = Rectangle(place, length, 0.018 * width, fc="white", ec="black", lw=0.5)
    axis.add_patch(bar)
    text = f"{length / 1000:g} µm" if length >= 1000 else f"{length} nm"
    axis.annotate(
        text,
        (place[0] + length / 2, place[1] - 0.006 * width),
        ha="center",
        va="bottom",
        size=7,
        bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 1.0},
    )


def name_plane(plane: Plane) -> str:
    """Name the axes of a slice and say where it lies."""
    rows, columns = (name for name in "zyx" if name != plane.axis)
    return f"{columns}{rows} at {plane.axis} = {plane.position_nm / 1000:.2f} µm"


def add_legend(figure: Figure, planes: list[Plane]) -> None:
    """Name the classes under the images."""
    names = list(dict.fromkeys(name for plane in planes for name in plane.classes))
    handles = [
        Patch(color=colour, label=CLASS_NAMES.get(name, name))
        for name, colour in colour_classes(names).items()
    ]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def measure_planes(planes: list[Plane]) -> pd.DataFrame:
    """Measure what part of each slice the classes cover.

    Returns
    -------
    Rows of schema ``slice_fractions``: axis, position_nm, name, fraction
    """
    rows = []
    for plane in planes:
        covers = {"cells": plane.cells != 0, **plane.classes}
        for name, mask in covers.items():
            rows.append((plane.axis, plane.position_nm, name, float(mask.mean())))
    return pd.DataFrame(rows, columns=["axis", "position_nm", "name", "fraction"])
