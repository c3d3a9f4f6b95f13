"""Pictures of what to doubt: a strip of sections through each case."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from neuropil.cells import map_to_cells
from neuropil.figures.painting import blend, find_borders, find_rims, stretch
from neuropil.figures.slices import WIDTH_IN
from neuropil.figures.style import RED, colour_ids, in_style
from neuropil.grid import Box
from neuropil.storage import LabelStack, read_table
from neuropil.volumes.roles import open_role

ACROSS = 2  # strips side by side
MOST = 5  # sections of a strip
LINE_NM = 20.0


class Strip(NamedTuple):
    """Sections through one case, (rows, columns, 3) each, and what is written there."""

    title: str
    names: tuple[str, ...]
    images: tuple[np.ndarray, ...]
    size_nm: tuple[float, float]


def choose_sections(start: int, stop: int, middle: int, box: Box) -> list[int]:
    """Sections of a strip: before, first, one within, last and after, if they differ.

    >>> choose_sections(2, 7, 4, Box.of((8, 9, 9)))
    [1, 2, 4, 6, 7]
    >>> choose_sections(0, 1, 0, Box.of((8, 9, 9)))
    [0, 1]
    """
    low, high = box.start[0], box.stop[0] - 1
    sections = {start - 1, start, middle, stop - 1, stop}
    return sorted({min(max(z, low), high) for z in sections})


def cut_window(centre: Sequence[int], size_nm: tuple, tile_nm: float, box: Box) -> Box:
    """Box of one section around a voxel, moved inwards at the dataset's borders.

    Parameters
    ----------
    centre : (z, y, x)
    size_nm : of voxels (z, y, x)
    """
    start, stop = [], []
    for axis in range(3):
        low, high = box.start[axis], box.stop[axis]
        count = 1 if axis == 0 else min(high - low, round(tile_nm / size_nm[axis]))
        first = min(max(centre[axis] - count // 2, low), high - count)
        start.append(first)
        stop.append(first + count)
    return Box(tuple(start), tuple(stop))


def read_strips(
    dataset: dict,
    files: Mapping[str, str | Sequence[str]],
    doubts: pd.DataFrame,
    tile_nm: float,
) -> Iterator[Strip]:
    """Read strips, one after the other.

    Parameters
    ----------
    dataset : as `volumes.roles.open_role` takes it
    files : table ``membership``, and per organelle the chunk files of its labels
    doubts : table of schema ``doubts``
    tile_nm : edge of a section
    """
    whole = Box(*(tuple(corner) for corner in dataset["box_vx"]))
    size = tuple(dataset["voxel_size_nm"][axis] for axis in "zyx")
    read = open_case(dataset, files, {name for name in doubts["organelle"] if name})
    for row in doubts.to_dict("records"):
        ends = row["start_z_vx"], row["stop_z_vx"], row["z_vx"]
        numbers = choose_sections(*ends, whole)
        images = []
        for z in numbers:
            window = cut_window((z, row["y_vx"], row["x_vx"]), size, tile_nm, whole)
            images.append(paint_case(*read(window, row), pixel_nm=size[1]))
        yield Strip(
            title=f"{row['id']} at y {row['y_vx']}, x {row['x_vx']}  {row['remark']}",
            names=tuple(f"z {z}" for z in numbers),
            images=tuple(images),
            size_nm=tuple(n * s for n, s in zip(window.shape[1:], size[1:])),
        )


def open_case(
    dataset: dict, files: Mapping[str, str | Sequence[str]], names: set[str]
) -> Callable[[Box, dict], tuple]:
    """Give a function of a section's box and a row of ``doubts``.

    It reads the raw (or None), the cells, and where the row's cell or object is.
    """
    membership = read_table(files["membership"])
    stacks = {name: LabelStack(files[name]) for name in names}
    supervoxels = open_role(dataset, "supervoxels")
    raw = open_role(dataset, "raw") if "raw" in dataset["volumes"] else None

    def read(box: Box, row: dict) -> tuple:
        ids, index = np.unique(supervoxels.read(box), return_inverse=True)
        cells = map_to_cells(ids, membership)[index].reshape(box.shape)[0]
        stack = stacks.get(row["organelle"])
        labels = cells if stack is None else stack.read(box)[0]
        grey = None if raw is None else raw.read(box)[0]
        return grey, cells, labels == row["id"]

    return read


def paint_case(
    raw: np.ndarray | None, cells: np.ndarray, mask: np.ndarray, pixel_nm: float
) -> np.ndarray:
    """RGB image of a section: cells in their colours, the doubtful thing outlined."""
    grey = np.full(cells.shape, 0.9) if raw is None else stretch(raw)
    image = np.repeat(grey[..., None], 3, axis=2)
    image = blend(image, cells != 0, colour_ids(cells), 0.3)
    image = blend(image, find_borders(cells), (0.05,) * 3, 0.5)
    rims = find_rims(mask, max(1, round(LINE_NM / pixel_nm)))
    return blend(image, rims, to_rgb(RED), 1.0)


@in_style
def draw_doubts(doubts: pd.DataFrame, strips: Iterable[Strip]) -> Figure:
    """Draw the strips of all cases, kind by kind.

    Parameters
    ----------
    doubts : table of schema ``doubts``
    strips : of its rows, in its order
    """
    strips = list(strips)
    kinds = list(dict.fromkeys(doubts["kind"]))
    rows = [np.flatnonzero(doubts["kind"] == kind) for kind in kinds]
    tall = [0.3 + 1.2 * -(-len(part) // ACROSS) for part in rows]
    figure = Figure(figsize=(WIDTH_IN, max(sum(tall), 0.4)), layout="constrained")
    if not kinds:
        figure.suptitle("Nothing to doubt was found")
        return figure
    parts = figure.subfigures(len(kinds), 1, height_ratios=tall, squeeze=False)[:, 0]
    for part, kind, places in zip(parts, kinds, rows):
        count = int(doubts["count"].iloc[places[0]])
        text = f"{count:,} {kind}"
        text += f", the {len(places)} largest of them" * (count > len(places))
        text += f"; sections are {strips[places[0]].size_nm[1] / 1000:.2g} µm wide"
        part.suptitle(text, x=0.01, ha="left", size=9, weight="bold")
        shown = [strips[i] for i in places]
        axes = part.subplots(-(-len(shown) // ACROSS), ACROSS, squeeze=False).ravel()
        for strip, axis in itertools.zip_longest(shown, axes):
            draw_strip(axis, strip)
    return figure


def draw_strip(axis: Axes, strip: Strip | None) -> None:
    """Draw the sections of a case side by side, to scale; none leaves room."""
    axis.set_axis_off()
    if strip is None:
        return
    height, width = strip.size_nm
    step = 1.03 * width
    for number, (name, image) in enumerate(zip(strip.names, strip.images)):
        left = number * step
        extent = (left, left + width, height, 0)
        axis.imshow(image, extent=extent, interpolation="antialiased")
        style = {"size": 6, "color": "white", "va": "top"}
        look = {"fc": "black", "ec": "none", "alpha": 0.5, "pad": 0.8}
        axis.text(left + 0.03 * width, 0.03 * height, name, bbox=look, **style)
    axis.set(xlim=(0, step * MOST), ylim=(height, 0))
    axis.set_title(strip.title, size=7, weight="normal", pad=2)
