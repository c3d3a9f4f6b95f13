"""Read what a sheet shows of a candidate: three sections through its middle."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuropil.cells import map_to_cells
from neuropil.figures.painting import stretch
from neuropil.grid import Box
from neuropil.storage import LabelStack, read_table
from neuropil.volumes.roles import open_role

VOXEL = ["z_vx", "y_vx", "x_vx"]


@dataclass(frozen=True)
class Tile:
    """A section of one voxel; images have the shape (rows, columns).

    Attributes
    ----------
    name : of its axes, columns first: xy, xz or yz
    pixel_nm : height and width of a pixel
    corner_nm : where the image begins, from the middle of the candidate
    grey : 0 (black) to 1 (white)
    first, second : where cells a and b are
    junction : where the junction is
    """

    name: str
    pixel_nm: tuple[float, float]
    corner_nm: tuple[float, float]
    grey: np.ndarray
    first: np.ndarray
    second: np.ndarray
    junction: np.ndarray


@dataclass(frozen=True)
class View:
    """What a sheet shows of one candidate: its number, its middle voxel, its tiles."""

    number: int
    voxel: tuple[int, int, int]
    tiles: tuple[Tile, ...]


def read_views(
    sample: pd.DataFrame,
    dataset: dict,
    membership: str,
    junctions: Sequence[str],
    tile_nm: float,
) -> Iterator[View]:
    """Read a small box around each candidate, one after the other.

    Parameters
    ----------
    sample : number, cell_a, cell_b, junction, z_vx, y_vx, x_vx
    dataset : as `volumes.roles.open_role` takes it, with raw and supervoxels
    membership : table supervoxel, cell; only rows of cells of the sample are held
    junctions : chunk files of the labels of junctions
    tile_nm : edge of the box
    """
    size = tuple(dataset["voxel_size_nm"][axis] for axis in "zyx")
    whole = Box(*map(tuple, dataset["box_vx"]))
    shown = np.unique(sample[["cell_a", "cell_b"]].to_numpy())
    table = read_table(membership, where=("cell", shown))
    raw, supervoxels = (open_role(dataset, r).read for r in ("raw", "supervoxels"))
    stack, half = LabelStack(junctions).read, count_around(tile_nm, size)
    for row in sample.to_dict("records"):
        voxel = tuple(row[name] for name in VOXEL)
        around = Box(voxel, tuple(v + 1 for v in voxel)).grow(half)
        box = around.intersect(whole)
        cells = read_cells(supervoxels, box, table)
        volumes = {
            "grey": stretch(raw(box)),
            "first": cells == row["cell_a"],
            "second": cells == row["cell_b"],
            "junction": stack(box) == row["junction"],
        }
        place = tuple(v - a for v, a in zip(voxel, box.start))
        yield View(row["number"], voxel, cut_tiles(volumes, place, size))


def count_around(tile_nm: float, size: Sequence[float]) -> tuple[int, int, int]:
    """Voxels on either side of the middle one that a tile needs to be covered.

    >>> count_around(1000, (40.0, 10.0, 10.0))
    (12, 50, 50)
    """
    return tuple(max(0, math.ceil(tile_nm / 2 / s - 0.5)) for s in size)


def read_cells(
    read: Callable[[Box], np.ndarray], box: Box, membership: pd.DataFrame
) -> np.ndarray:
    """Ids of cells in a box; 0 where none of the membership is."""
    ids, index = np.unique(read(box), return_inverse=True)
    return map_to_cells(ids, membership)[index].reshape(box.shape)


def cut_tiles(
    volumes: dict[str, np.ndarray], place: Sequence[int], size: Sequence[float]
) -> tuple[Tile, ...]:
    """Cut sections through a voxel of a box along z, y and x.

    Parameters
    ----------
    volumes : arrays (Z, Y, X) of what tiles show
    place : the voxel (z, y, x) in them
    size : of voxels (z, y, x), in nm
    """
    tiles = []
    for axis in range(3):
        plane = [n for n in range(3) if n != axis]
        images = {k: np.take(v, place[axis], axis) for k, v in volumes.items()}
        pixel = tuple(size[n] for n in plane)
        corner = tuple(-(place[n] + 0.5) * size[n] for n in plane)
        name = "".join("zyx"[n] for n in reversed(plane))
        tiles.append(Tile(name, pixel, corner, **images))
    return tuple(tiles)
