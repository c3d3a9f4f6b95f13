"""Small images of single cases: raw, with what is true and what was predicted."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from neuropil.grid import Box

WIDTH_NM = 1200.0
ZOOM = 3
TRUTH = (86, 180, 233)  # sky blue and orange, told apart by colour-blind readers
PREDICTED = (230, 159, 0)
TINTS = ((0, 158, 115), (204, 121, 167))  # presynaptic (or own) and other cell
GREY = 127


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


def cut_tile(centre_nm: tuple, voxel_size_nm: tuple, box: Box) -> Box:
    """Box of one section around a place, moved inwards at the dataset's borders.

    Parameters
    ----------
    centre_nm : (z, y, x)
    voxel_size_nm : (z, y, x)
    box : the dataset's box
    """
    start, stop = [], []
    for axis, (centre, size) in enumerate(zip(centre_nm, voxel_size_nm)):
        low, high = box.start[axis], box.stop[axis]
        count = 1 if axis == 0 else min(high - low, round(WIDTH_NM / size))
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
        image = lay(image, (cells == cell) & (cell != 0), tint, 0.25)
    image = lay(image, find_borders(cells), (255, 255, 255), 0.35)
    for read, colour in ((layers.truth, TRUTH), (layers.predicted, PREDICTED)):
        objects = enlarge(read(box)[0])
        border = find_borders(objects) & (objects != 0)
        image = lay(image, widen(border) & (objects != 0), colour, 1.0)
    return image.round().astype(np.uint8)


def paint_grey(raw: np.ndarray | None, box: Box) -> np.ndarray:
    """Grey image of a section, stretched to its own range; plain grey without raw."""
    if raw is None:
        return np.full((*(ZOOM * n for n in box.shape[1:]), 3), float(GREY))
    low, high = np.percentile(raw, (1, 99))
    grey = (255.0 * (raw - low) / max(high - low, 1)).clip(0, 255)
    return np.repeat(enlarge(grey)[..., None], 3, axis=2)


def enlarge(image: np.ndarray) -> np.ndarray:
    """Repeat each pixel three times along both axes."""
    return image.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)


def find_borders(labels: np.ndarray) -> np.ndarray:
    """Mark pixels that have a neighbour of another label."""
    border = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        first = np.moveaxis(labels, axis, 0)
        differs = first[1:] != first[:-1]
        marked = np.moveaxis(border, axis, 0)
        marked[1:] |= differs
        marked[:-1] |= differs
    return border


def widen(mask: np.ndarray) -> np.ndarray:
    """Add the four neighbours of each marked pixel."""
    out = mask.copy()
    out[1:] |= mask[:-1]
    out[:-1] |= mask[1:]
    out[:, 1:] |= mask[:, :-1]
    out[:, :-1] |= mask[:, 1:]
    return out


def lay(image: np.ndarray, mask: np.ndarray, colour: tuple, alpha: float) -> np.ndarray:
    """Lay a colour over the marked pixels."""
    mixed = image * (1 - alpha) + np.array(colour) * alpha
    return np.where(mask[..., None], mixed, image)


def encode_png(image: np.ndarray) -> str:
    """Write an image as a data URI, so that a page needs no other file."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
