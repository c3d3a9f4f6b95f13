"""Skeletons of the cells in one tile, object by object over the processes of a job."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import cc3d
import edt
import numpy as np
import pandas as pd

from neuropil.cells import map_to_cells
from neuropil.grid import Box, Triple
from neuropil.joblog import end_with_parent
from neuropil.kernels.dense import number_sorted
from neuropil.skeletons.borders import find_targets
from neuropil.skeletons.solids import Solid, find_solids
from neuropil.skeletons.tiles import Tile, voxel_box
from neuropil.skeletons.tracing import Crop, trace_object

SLAB = 32  # planes of the lattice that are read at a time
BATCH = 200_000  # voxels in the boxes of objects that a process takes at a time


class Objects(NamedTuple):
    """Connected parts of cells in a tile, numbered 1..K.

    Attributes
    ----------
    labels : (Z, Y, X), number of the object of each voxel of the lattice
    depth : (Z, Y, X) float32, nm to the nearest voxel of another object
    boxes : (K + 1,) slices of each object
    cells : (K + 1,) uint64, the cell of each object
    counts : (K + 1,) int64, voxels that the tile owns
    targets : (K + 1,) arrays (T, 3) int64, voxels on the tile's faces that the skeleton
        of each object must reach
    shared : (K + 1,) bool, whether an object lies on a plane shared with another tile
    solids : of the thick ones of `cells`, without their holes
    """

    labels: np.ndarray
    depth: np.ndarray
    boxes: list
    cells: np.ndarray
    counts: np.ndarray
    targets: list[np.ndarray]
    shared: np.ndarray
    solids: dict[int, Solid]


class Piece(NamedTuple):
    """Skeleton of one object of a tile, in voxels of the dataset.

    Attributes
    ----------
    cell : its cell
    voxel_count : voxels of the lattice that the tile owns of it
    place_vx : (N, 3) int32, z, y, x
    parent : (N,) int32, row of the next node towards the root, -1 for the root
    radius_nm : (N,) float32
    on_border : (N,) bool, node on a plane shared with another tile
    surface_vx : (S, 3) int32, places just outside of the cell, if the object is thick
    """

    cell: int
    voxel_count: int
    place_vx: np.ndarray
    parent: np.ndarray
    radius_nm: np.ndarray
    on_border: np.ndarray
    surface_vx: np.ndarray = np.empty((0, 3), np.int32)


def read_cells(
    read: Callable[[Box], np.ndarray],
    membership: pd.DataFrame,
    tile: Tile,
    step: Triple,
) -> tuple[np.ndarray, np.ndarray]:
    """Read the cells that a tile looks at.

    Parameters
    ----------
    read : gives the supervoxels of a box
    membership : supervoxel, cell
    tile, step : tile, and voxels per voxel of its lattice

    Returns
    -------
    numbers (Z, Y, X) uint32 of the cells, 0 for none; their ids (K + 1,) uint64
    """
    cells = np.unique(np.append(membership["cell"].to_numpy(np.uint64), np.uint64(0)))
    out = np.empty(tile.view.shape, np.uint32)
    box = voxel_box(tile, step)
    for low in range(0, len(out), SLAB):
        high = min(low + SLAB, len(out))
        start, stop = box.start[0] + low * step[0], box.start[0] + (high - 1) * step[0]
        slab = Box((start, *box.start[1:]), (stop + 1, *box.stop[1:]))
        voxels = read(slab)[:: step[0], :: step[1], :: step[2]]
        numbers, ids = number_sorted(voxels, (0, 0, 0), voxels.shape)
        table = np.searchsorted(cells, map_to_cells(ids, membership))
        out[low:high] = table.astype(np.uint32)[numbers]
    return out, cells


def find_objects(
    numbers: np.ndarray, tile: Tile, sizes: tuple, thick_nm: float, threads: int
) -> Objects:
    """Find the connected parts of cells (26 neighbours).

    Parameters
    ----------
    numbers : (Z, Y, X), as read
    tile, sizes, threads : as elsewhere here
    thick_nm : holes of cells that are deeper are filled
    """
    inner = tile.box.within(tile.view)
    depth = measure_depth(numbers, sizes, threads)
    solids = find_solids(numbers, depth, tile, sizes, thick_nm)
    depth = np.ascontiguousarray(depth[inner])
    targets = find_targets(numbers, inner, sizes)
    numbers = np.ascontiguousarray(numbers[inner])
    labels = cc3d.connected_components(numbers, connectivity=26)
    statistics = cc3d.statistics(labels)
    cells = np.zeros(len(statistics["voxel_counts"]), numbers.dtype)
    cells[labels] = numbers
    owned = labels[tile.owned.within(tile.box)]
    counts = np.bincount(owned.ravel(), minlength=len(cells))
    shared = np.zeros(len(cells), bool)
    for face in shared_faces(tile):
        shared[labels[face]] = True
    return Objects(
        labels,
        depth,
        statistics["bounding_boxes"],
        cells,
        counts,
        split_targets(labels, targets, len(cells)),
        shared,
        solids,
    )


def measure_depth(
    labels: np.ndarray, sizes: Sequence[float], threads: int = 1
) -> np.ndarray:
    """Distance (Z, Y, X) float32 in nm from each voxel to the nearest of another label.

    Objects are taken to go on beyond the ends of the array, unless all of it is one.
    """
    anisotropy = tuple(float(size) for size in sizes)
    only = bool((labels == labels.flat[0]).all())
    return edt.edt(labels, anisotropy, black_border=only, parallel=threads)


def split_targets(labels: np.ndarray, places: np.ndarray, count: int) -> list:
    """Sort places (T, 3) in an array of labels by label: (count,) arrays."""
    label = labels[tuple(places.T)]
    order = np.argsort(label, kind="stable")
    return np.split(places[order], np.searchsorted(label[order], range(1, count)))


def shared_faces(tile: Tile) -> list[tuple]:
    """Index, in an array of a tile, of the planes that it shares with other tiles."""
    faces = []
    for axis, sides in enumerate(tile.shared):
        for at, is_shared in zip((0, -1), sides):
            if is_shared:
                faces.append((slice(None),) * axis + (at,))
    return faces


class Work(NamedTuple):
    """What it takes to trace any object of a tile.

    Attributes
    ----------
    objects, tile : as above
    step : voxels per voxel of the lattice (z, y, x)
    sizes : of a voxel of the lattice, in nm
    rules : config's section `skeletons: teasar`
    """

    objects: Objects
    tile: Tile
    step: Triple
    sizes: tuple[float, float, float]
    rules: Mapping

    def trace(self, number: int) -> Piece:
        """Trace one object."""
        objects, shape = self.objects, self.objects.labels.shape
        box, cell = objects.boxes[number], int(objects.cells[number])
        low = np.array([s.start for s in box])
        mask, depth = objects.labels[box] == number, objects.depth[box]
        surface = Piece._field_defaults["surface_vx"]
        solid = objects.solids.get(cell)
        if solid and depth[mask].max() > self.rules["soma_detection_nm"]:
            surface = (solid.surface * self.step).astype(np.int32)
            mask, depth = solid.complete(mask, low)
        crop = Crop(mask, depth, objects.targets[number] - low)
        paths = trace_object(crop, self.sizes, self.rules)
        place = paths.places + low
        faces = np.array([(0, n - 1) for n in shape]).T
        on_faces = (place[:, None] == faces) & np.array(self.tile.shared).T
        return Piece(
            cell,
            int(objects.counts[number]),
            ((place + self.tile.box.start) * self.step).astype(np.int32),
            paths.parents,
            paths.radius_nm,
            on_faces.any(axis=(1, 2)),
            surface,
        )


def trace_tile(
    work: Work, least_count: float, threads: int
) -> Iterator[tuple[int, Piece]]:
    """Trace the objects of a tile, the largest first; yield number and skeleton.

    Parameters
    ----------
    work : the tile and its objects
    least_count : objects of fewer voxels are left out, if no other tile holds a part
    threads : processes at work at the same time; they change no result
    """
    objects = work.objects
    kept = (objects.cells != 0) & (objects.shared | (objects.counts >= least_count))
    sides = [[s.stop - s.start for s in box or (slice(0, 0),)] for box in objects.boxes]
    volumes = np.array([math.prod(lengths) for lengths in sides])
    order = np.flatnonzero(kept)
    order = order[np.argsort(-volumes[order], kind="stable")]
    batches = np.split(order, find_cuts(volumes[order]))
    if threads <= 1 or len(batches) <= 1:
        yield from ((int(number), work.trace(number)) for number in order)
        return
    # Forked: arrays are not copied, and the script of the job does not run again.
    pool = ProcessPoolExecutor(threads, get_context("fork"), hold, (work,))
    with pool:
        for numbers, pieces in zip(batches, pool.map(trace_held, batches)):
            yield from zip(numbers.tolist(), pieces)


def find_cuts(volumes: np.ndarray) -> np.ndarray:
    """Where to cut objects into batches of some work, at least one object each.

    >>> find_cuts(np.array([300_000, 150_000, 90_000, 10, 10])).tolist()
    [1, 2]
    """
    batch = np.cumsum(volumes) // BATCH
    before = np.append(0, batch[:-1])
    return np.flatnonzero(np.diff(before)) + 1


_held: list[Work] = []


def hold(work: Work) -> None:
    """Keep what a process is to work on, as long as its job runs."""
    end_with_parent()
    _held[:] = [work]


def trace_held(numbers: np.ndarray) -> list[Piece]:
    """Trace objects of the tile that this process holds."""
    return [_held[0].trace(int(number)) for number in numbers]
