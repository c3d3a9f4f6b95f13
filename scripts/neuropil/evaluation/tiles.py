"""Small images of single cases: raw, with what is true and what was predicted."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from neuropil.figures.packing import as_uri
from neuropil.figures.painting import blend, find_borders, find_rims, stretch
from neuropil.grid import Box

WIDTH_NM = 1200.0
ZOOM = 3
RIM = 2  # width of outlines, in pixels of the image
TRUTH = (86, 180, 233)  # sky blue and orange, told apart by colour-blind readers
PREDICTED = (230, 159, 0)
TINTS = ((0, 158, 115), (204, 121, 167))  # presynaptic (or own) and other cell
GREY = 127
MARK, MARKED = 12, (240, 228, 66)  # reach and colour of the square around a place


@dataclass(frozen=True)
class Layers:
    """What a tile is made of, each read by box from voxels of the dataset.

    Attributes
    ----------
    raw : grey values; None if the dataset has none
    cells : ids of the true cells
    truth, predicted : ids of the true and the predicted objects
    """

    raw: Callable[[Box], np.ndarray] | None
    cells: Callable[[Box], np.ndarray]
    truth: Callable[[Box], np.ndarray]
    predicted: Callable[[Box], np.ndarray]


def cut_tile(
    centre_nm: tuple, voxel_size_nm: tuple, box: Box, width_nm: float = WIDTH_NM
) -> Box:
    """Box of one section around a place, moved inwards at the dataset's borders.

    Parameters
    ----------
    centre_nm : (z, y, x)
    voxel_size_nm : (z, y, x)
    box : the dataset's box
    width_nm : edge of the tile
    """
    start, stop = [], []
    for axis, (centre, size) in enumerate(zip(centre_nm, voxel_size_nm)):
        low, high = box.start[axis], box.stop[axis]
        count = 1 if axis == 0 else min(high - low, round(width_nm / size))
        first = round(centre / size - count / 2)
        first = min(max(first, low), high - count)
        start.append(first)
        stop.append(first + count)
    return Box(tuple(start), tuple(stop))


def draw_tile(layers: Layers, box: Box, partners: tuple = ()) -> np.ndarray:
    """Draw one section: true outlines blue, predicted ones orange, partners tinted.

    Parameters
    ----------
    layers : volumes to read from
    box : one voxel thick along z
    partners : up to two true cells to tint

    Returns
    -------
    (rows, columns, 3) uint8, three pixels per voxel
    """
    cells = enlarge(layers.cells(box)[0])
    image = paint_grey(None if layers.raw is None else layers.raw(box)[0], box)
    for cell, tint in zip(partners, TINTS):
        image = blend(image, (cells == cell) & (cell != 0), tint, 0.25)
    image = blend(image, find_borders(cells), (255, 255, 255), 0.5)
    for read, colour in ((layers.truth, TRUTH), (layers.predicted, PREDICTED)):
        image = blend(image, find_rims(enlarge(read(box)[0]), RIM), colour, 1.0)
    return image.round().astype(np.uint8)


def mark_place(image: np.ndarray, box: Box, voxel: tuple) -> np.ndarray:
    """Draw a square around a voxel (z, y, x) of a tile."""
    image = image.copy()
    row, column = (ZOOM * (v - a) for v, a in zip(voxel[1:], box.start[1:]))
    for wide in (MARK, MARK - 1):
        ends = [(max(n - wide, 0), n + wide + ZOOM - 1) for n in (row, column)]
        (top, bottom), (left, right) = ends
        for lines in (
            (slice(top, bottom + 1), [left, min(right, image.shape[1] - 1)]),
            ([top, min(bottom, image.shape[0] - 1)], slice(left, right + 1)),
        ):
            image[lines] = MARKED
    return image


def paint_grey(raw: np.ndarray | None, box: Box) -> np.ndarray:
    """Grey image of a section, stretched to its own range; plain grey without raw."""
    if raw is None:
        return np.full((*(ZOOM * n for n in box.shape[1:]), 3), float(GREY))
    return np.repeat(enlarge(255 * stretch(raw))[..., None], 3, axis=2)


def enlarge(image: np.ndarray) -> np.ndarray:
    """Repeat each pixel three times along both axes."""
    return image.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)


def encode_png(image: np.ndarray) -> str:
    """Write an image as a data URI, so that a page needs no other file."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", optimize=True)
    return as_uri(buffer.getvalue(), "png")
