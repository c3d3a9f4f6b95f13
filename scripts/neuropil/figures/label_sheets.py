"""Sheets of candidates, from which a person judges whether they are synapses."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from scipy.ndimage import binary_dilation, distance_transform_edt

from neuropil.figures.label_tiles import Tile, View
from neuropil.figures.slices import add_scale_bar
from neuropil.figures.style import BLACK, GREY, ORANGE, RED, SKY, YELLOW, in_style

DPI = 200
HEAD_PX, TITLE_PX, GAP_PX = 60, 44, 24  # of a sheet, above a candidate, beside it
COLOURS = {"a": ORANGE, "b": SKY}
DEEP_NM = 60.0  # a letter needs no more room than this
CLEAR_NM = 150.0  # around the middle, where no letter hides the synapse
OUTLINED = [withStroke(linewidth=2, foreground="black")]
UNLABELLED = {"labelbottom": False, "labelleft": False}


@in_style
def draw_sheet(views: list[View], settings: Mapping) -> Figure:
    """Draw one sheet: per candidate its number and three sections through its middle.

    Cells are outlined but where the junction is, so that nothing hides the membranes.

    Parameters
    ----------
    views : at most rows x columns of them, in the order of reading
    settings : ``rows``, ``columns``, ``tile_nm``, ``tile_px`` (edges of a section)
    """
    rows, columns, tile = (settings[k] for k in ("rows", "columns", "tile_px"))
    step = (3 * tile + GAP_PX, tile + TITLE_PX)
    width, height = columns * step[0] + GAP_PX, rows * step[1] + HEAD_PX
    figure = Figure((width / DPI, height / DPI), layout="none")
    add_head(figure, views, GAP_PX / width, 1 - HEAD_PX / height / 2)
    for place, view in enumerate(views):
        left = GAP_PX + place % columns * step[0]
        top = height - HEAD_PX - place // columns * step[1]
        add_title(figure, view, left / width, (top - TITLE_PX / 2) / height)
        for number, image in enumerate(view.tiles):
            corner = left + number * tile, top - step[1]
            box = (corner[0] / width, corner[1] / height, tile / width, tile / height)
            draw_tile(figure.add_axes(box), image, settings["tile_nm"])
            if not number:
                add_scale_bar(figure.axes[-1], *[settings["tile_nm"]] * 2)
    return figure


def draw_tile(axis: Axes, tile: Tile, tile_nm: float) -> None:
    """Draw one section, its axes from 0 to ``tile_nm``; grey is beyond the dataset."""
    low = np.add(tile.corner_nm, tile_nm / 2)
    high = low + np.multiply(tile.grey.shape, tile.pixel_nm)
    image = {"cmap": "gray", "vmin": 0, "vmax": 1, "interpolation": "bicubic"}
    extent = (low[1], high[1], high[0], low[0])
    axis.imshow(tile.grey, extent=extent, aspect="auto", **image)
    middles = [
        start + (np.arange(n) + 0.5) * size
        for start, n, size in zip(low, tile.grey.shape, tile.pixel_nm)
    ]
    hidden = binary_dilation(tile.junction)
    for letter, mask in (("a", tile.first), ("b", tile.second)):
        outline(axis, middles, mask, hidden, colors=COLOURS[letter], linewidths=0.8)
        add_letter(axis, letter, middles, mask, tile_nm)
    look = {"colors": YELLOW, "linewidths": 0.5, "linestyles": "dotted"}
    outline(axis, middles, tile.junction, np.zeros_like(hidden), **look)
    middle = [tile_nm / 2]
    axis.set(xlim=(0, tile_nm), ylim=(tile_nm, 0), xticks=middle, yticks=middle)
    sides = dict.fromkeys(("top", "right", "bottom", "left"), True)
    axis.tick_params(length=4, color=RED, direction="in", **sides, **UNLABELLED)
    axis.set_facecolor("#dddddd")
    axis.spines[:].set(visible=True, color="white")
    name = {"color": "white", "path_effects": OUTLINED, "size": 6}
    axis.text(0.97, 0.03, tile.name, transform=axis.transAxes, ha="right", **name)


def outline(
    axis: Axes, middles: list, mask: np.ndarray, hidden: np.ndarray, **look
) -> None:
    """Draw the outline of a mask, but for what is hidden.

    Parameters
    ----------
    middles : of the pixels along rows and columns, in nm
    mask, hidden : (rows, columns) bool
    """
    seen = mask[~hidden]
    if min(mask.shape) > 1 and seen.any() and not seen.all():
        shown = np.ma.array(mask, float, mask=hidden)
        axis.contour(*middles[::-1], shown, levels=[0.5], **look)


def add_letter(
    axis: Axes, letter: str, middles: list, mask: np.ndarray, tile_nm: float
) -> None:
    """Write a cell's letter where it has room, near the middle but not on it."""
    place = find_room(middles, mask, tile_nm)
    if place:
        look = {"color": COLOURS[letter], "weight": "bold", "path_effects": OUTLINED}
        axis.text(*place[::-1], letter, ha="center", va="center", size=8, **look)


def find_room(
    middles: list, mask: np.ndarray, tile_nm: float
) -> tuple[float, float] | None:
    """Find a place (row, column) in nm for a letter; None if the mask leaves none."""
    row, column = np.meshgrid(*middles, indexing="ij")
    inside = (np.minimum(row, column) > 0) & (np.maximum(row, column) < tile_nm)
    away = np.hypot(row - tile_nm / 2, column - tile_nm / 2)
    pixel = [np.diff(m)[0] if len(m) > 1 else tile_nm for m in middles]
    free = np.pad(mask & inside & (away > CLEAR_NM), 1)
    depth = distance_transform_edt(free, sampling=pixel)[1:-1, 1:-1]
    if not depth.any():
        return None
    best = np.argmax(
        np.where(depth > 0, np.minimum(depth, DEEP_NM) - away / 8, -np.inf)
    )
    return float(row.flat[best]), float(column.flat[best])


def add_title(figure: Figure, view: View, left: float, middle: float) -> None:
    """Write the number of a candidate, and where it is."""
    look = {"va": "center", "color": BLACK}
    figure.text(left, middle, str(view.number), size=9, weight="bold", **look)
    z, y, x = view.voxel
    right = left + 0.9 * TITLE_PX * 2 / (figure.get_figwidth() * DPI)
    look["color"] = GREY
    figure.text(right, middle, f"z {z}, y {y}, x {x} vx", size=6, **look)


def add_head(figure: Figure, views: list[View], left: float, middle: float) -> None:
    """Say which candidates the sheet shows, and what its lines are."""
    text = f"Candidates {views[0].number} to {views[-1].number}"
    figure.text(left, middle, text, size=10, weight="bold", va="center")
    lines = {f"cell {letter}": colour for letter, colour in COLOURS.items()}
    handles = [Line2D([], [], color=c, label=name) for name, c in lines.items()]
    look = {"color": YELLOW, "linestyle": "dotted", "path_effects": OUTLINED}
    handles.append(Line2D([], [], label="junction", **look))
    handles.append(Line2D([], [], color=RED, marker="|", ls="", label="middle"))
    place = {"loc": "center right", "bbox_to_anchor": (1 - left, middle)}
    figure.legend(handles=handles, ncols=4, fontsize=8, **place)


def render_sheets(
    views: Iterable[View], settings: Mapping
) -> Iterator[tuple[str, bytes]]:
    """Draw all views, sheet by sheet; yield file names and PNGs.

    A file is named by the first and the last number on it.
    """
    views, per_sheet = iter(views), settings["rows"] * settings["columns"]
    while batch := list(itertools.islice(views, per_sheet)):
        image = io.BytesIO()
        figure = draw_sheet(batch, settings)
        figure.savefig(image, dpi=DPI, metadata={"Software": "neuropil"})
        name = f"{batch[0].number:04d}-{batch[-1].number:04d}.png"
        yield name, image.getvalue()
