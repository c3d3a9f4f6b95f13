"""The largest cells as meshes: together in the dataset's box, and each by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuropil.bucket_files import list_ids
from neuropil.figures.shading import make_scene, render, turn
from neuropil.figures.slices import WIDTH_IN, add_scale_bar
from neuropil.figures.style import GREY, convert_oklch, in_style
from neuropil.meshes.store import read_mesh

CAMERA = turn(50, -25)  # from above; the first section is on top
COLUMNS = 5
TOGETHER_PX, ALONE_PX = 1900, 400  # width of images
TALLEST = 0.62  # height of the image of all, over its width
ROOM = 1.04  # of an image, over what it shows
EDGES = [(a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit]

Mesh = tuple[np.ndarray, np.ndarray]


def choose_cells(cells: pd.DataFrame, meshed: np.ndarray, count: int) -> pd.DataFrame:
    """Choose the largest cells that have a mesh, the largest first.

    Parameters
    ----------
    cells : cell, volume_um3
    meshed : ids of cells with a mesh
    count : cells at most

    Returns
    -------
    Rows of schema ``shown_cells``: place (from 1), cell, volume_um3, volume_share (of
    all cells' volume)
    """
    total = cells["volume_um3"].sum()
    kept = cells[cells["cell"].isin(meshed)]
    kept = kept.sort_values(["volume_um3", "cell"], ascending=[False, True])
    kept = kept.head(count)[["cell", "volume_um3"]].reset_index(drop=True)
    return kept.assign(
        place=np.arange(1, len(kept) + 1), volume_share=kept["volume_um3"] / total
    )


def list_meshed(paths: Iterable[str]) -> dict[int, str]:
    """Bucket's file of each cell that has a mesh."""
    return {int(cell): path for path in paths for cell in list_ids(path, "cells")}


def read_meshes(cells: Sequence[int], files: Mapping[int, str]) -> list[Mesh]:
    """Vertices (N, 3) in nm and faces (M, 3) of cells."""
    meshes = [read_mesh(files[int(cell)], int(cell)) for cell in cells]
    return [(mesh.vertices_nm, mesh.faces) for mesh in meshes]


@in_style
def draw_cells(chosen: pd.DataFrame, meshes: Sequence[Mesh], box_nm) -> Figure:
    """Draw cells in the dataset's box, and below each alone, with a scale of its own.

    Parameters
    ----------
    chosen : of `choose_cells`
    meshes : of these cells
    box_nm : start and stop of the dataset (z, y, x)
    """
    colours = spread_colours(len(meshes))
    corners = list_corners(box_nm) @ CAMERA.T
    extent = np.ptp(corners[:, 1:], axis=0)
    tall = WIDTH_IN * min(TALLEST, extent[0] / extent[1]) + 0.2
    rows = -(-len(meshes) // COLUMNS)
    each = WIDTH_IN / COLUMNS + 0.25
    figure = Figure(figsize=(WIDTH_IN, tall + rows * each), layout="constrained")
    layout = figure.add_gridspec(
        1 + rows, COLUMNS, height_ratios=[tall, *[each] * rows]
    )
    axis = figure.add_subplot(layout[0, :])
    draw_together(axis, meshes, colours, corners)
    axis.set_title(name_together(chosen))
    for number, row in enumerate(chosen.itertuples()):
        axis = figure.add_subplot(layout[1 + number // COLUMNS, number % COLUMNS])
        draw_alone(axis, meshes[number], colours[number])
        axis.set_title(f"{row.cell}: {row.volume_um3:.3g} µm³", size=8)
    return figure


def spread_colours(count: int) -> np.ndarray:
    """Colours (N, 3) that are as far from each other as they can."""
    number = np.arange(count)
    hue = 2 * np.pi * number / max(count, 1)
    light = np.array([0.68, 0.8])[number % 2]
    return convert_oklch(light, np.full(count, 0.14), hue)


def name_together(chosen: pd.DataFrame) -> str:
    """Say how many cells are shown, and how much of all that is."""
    if chosen.empty:
        return "No cell has a mesh"
    share = chosen["volume_share"].sum()
    return f"The {len(chosen)} largest cells, {share:.0%} of the volume of all cells"


def list_corners(box_nm: Sequence[Sequence[float]]) -> np.ndarray:
    """Corners (8, 3) of a box; bit 0 of their number is along x, bit 2 along z."""
    start, stop = np.asarray(box_nm, float)
    bits = np.arange(8)[:, None] >> np.array([2, 1, 0]) & 1
    return np.where(bits, stop, start)


def draw_together(
    axis: Axes, meshes: Sequence[Mesh], colours: np.ndarray, corners: np.ndarray
) -> None:
    """Draw cells in the dataset's box; edges behind the cells are dashed.

    Parameters
    ----------
    corners : (8, 3) of the box, in axes of the camera
    """
    frame = fit(corners[:, 1:], TOGETHER_PX, TALLEST)
    hidden = int(np.argmax(corners[:, 0]))
    for a, b in EDGES:
        behind = hidden in (a, b)
        down, right = (corners[[a, b], 1:] - frame[0]).T
        style = {"ls": (0, (4, 3)), "zorder": 1} if behind else {"zorder": 3}
        axis.plot(right, down, color=GREY, lw=0.7, **style)
    show(axis, meshes, colours, frame)


def draw_alone(axis: Axes, mesh: Mesh, colour: np.ndarray) -> None:
    """Draw one cell, as large as it fits."""
    places = np.asarray(mesh[0], float) @ CAMERA.T
    show(axis, [mesh], colour[None], fit(places[:, 1:], ALONE_PX, 1.0))


def fit(places: np.ndarray, columns: int, tallest: float) -> tuple:
    """Choose the corner (nm), shape and pixel (nm) of an image that holds all places.

    Parameters
    ----------
    places : (N, 2), down and right in nm
    columns : width of the image
    tallest : its height over its width, at most
    """
    low, high = places.min(axis=0), places.max(axis=0)
    extent = (high - low).clip(min=1) * ROOM
    pixel = max(extent[1] / columns, extent[0] / (columns * tallest))
    shape = (max(1, round(min(extent[0] / pixel, columns * tallest))), columns)
    corner = (low + high) / 2 - np.array(shape) * pixel / 2
    return corner, shape, pixel


def show(axis: Axes, meshes: Sequence[Mesh], colours: np.ndarray, frame: tuple) -> None:
    """Draw meshes to scale, with a scale bar and without ticks.

    Parameters
    ----------
    frame : of `fit`; the axes count from its corner
    """
    corner, shape, pixel = frame
    height, width = (n * pixel for n in shape)
    if meshes:
        image = render(make_scene(meshes, colours, CAMERA), corner, shape, pixel)
        extent = (0, width, height, 0)
        axis.imshow(image, extent=extent, interpolation="antialiased", zorder=2)
    axis.set(xlim=(0, width), ylim=(height, 0))
    axis.set(aspect="equal", xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    add_scale_bar(axis, height, width)
