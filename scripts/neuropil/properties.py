"""Properties of objects in one pass: voxels, bounds, a voxel inside, overlaps.

Blocks give partial tables of whole numbers that add up exactly (`partials`); units come
last. Ids are any uint64 (Schubert et al. 2022, Methods, "Object property extraction").
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from neuropil.grid import Box, Triple, voxel_index
from neuropil.kernels.runs import (
    deepen_objects,
    fill_object_slots,
    fill_overlap_slots,
    scan_objects,
    scan_overlaps,
)
from neuropil.morphology import Lattice
from neuropil.partials import BOUNDS, KEYS, SUMS, merge_partial_supervoxels
from neuropil.schemas.cells import PARTIAL_SUPERVOXELS
from neuropil.volumes.base import Volume

Walk = Callable[[Callable], Iterator[tuple]]
LATTICE_NM = 60  # spacing of the voxels that are tried as places inside of an object
CAP_NM = 160  # depth from which a voxel counts as deep inside
POINTS_NM = 60  # size of the bins whose means stand for an object's voxels
ROWS = 2**13  # of a table before it first grows


def extract_supervoxels(volume: Volume, walk: Walk) -> pd.DataFrame:
    """Count the voxels of the supervoxels in a chunk: `PARTIAL_SUPERVOXELS`.

    ``walk`` calls a function on each block of the chunk (`blocks.map_blocks`).
    """
    parts = walk(functools.partial(count_supervoxels, volume))
    table = merge_partial_supervoxels(part for _, part in parts)
    logging.info("%d supervoxels in this chunk", len(table))
    return table


def count_supervoxels(volume: Volume, block: Box) -> pd.DataFrame:
    """Count the voxels of supervoxels in a block; bounds, and a voxel inside.

    The voxel inside is, of those on a coarse lattice aligned with the volume, the one
    furthest from any other id along the axes (up to `CAP_NM`), or the first voxel of an
    object that no lattice voxel hits. What lies outside of the volume is another id.

    Returns
    -------
    `PARTIAL_SUPERVOXELS` of the block
    """
    sizes, unit = Lattice.of(volume.voxel_size_nm)
    cap = round(CAP_NM * 100) // unit
    halo = tuple(max(0, -(-cap // size) - 1) for size in sizes)
    spacing = tuple(max(1, round(LATTICE_NM / s)) for s in volume.voxel_size_nm)
    read = block.grow(halo).intersect(volume.box)
    ids = np.ascontiguousarray(volume.read(read))
    start = tuple(s.start for s in block.within(read))
    slots, names, table = fill_rows(
        functools.partial(scan_objects, ids, start, block.shape),
        fill_object_slots,
        block.shape,
        (1, 11),
    )
    deepen_objects(
        *(ids, start, block.shape, block.start, spacing, sizes, cap),
        *(slots, names, table),
    )
    return tabulate_supervoxels(names, table, block, volume.box.stop)


def fill_rows(
    scan: Callable, refill: Callable, shape: Triple, widths: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Run a scan of `kernels.runs` over a block, with a table that grows as needed.

    Parameters
    ----------
    scan : called with the line of voxels to go on from, slots, ids, table, rows in use
    refill : enters the rows of a grown table into new slots
    shape : of the block
    widths : ids per row, columns of the table

    Returns
    -------
    slots; ids (N, widths[0]) uint64, or (N,) if that is 1; table (N, widths[1]) int64
    """
    room = 1 << (max(ROWS, 2 * shape[2]) - 1).bit_length()
    ids = np.zeros((room, widths[0]) if widths[0] > 1 else room, np.uint64)
    table = np.zeros((room, widths[1]), np.int64)
    slots = np.full(2 * room, -1)
    line = used = 0
    while True:
        line, used = scan(line, slots, ids, table, used)
        if line == shape[0] * shape[1]:
            return slots, ids[:used], table[:used]
        ids, table = (np.concatenate([a, np.zeros_like(a)]) for a in (ids, table))
        slots = np.full(2 * slots.size, -1)
        refill(slots, ids, used)


def tabulate_supervoxels(
    names: np.ndarray, table: np.ndarray, block: Box, shape: Triple
) -> pd.DataFrame:
    """Turn rows of `scan_objects` into `PARTIAL_SUPERVOXELS`."""
    corner = np.array(block.start)
    bounds = table[:, 1:7] + np.tile(corner, 2)
    index = voxel_index(*(table[:, 8:11] + corner).T, shape)
    columns = [names, table[:, 0], *bounds.T, table[:, 7], index]
    return pd.DataFrame(dict(zip(PARTIAL_SUPERVOXELS.columns, columns)))


def extract_overlaps(
    objects: np.ndarray, supervoxels: np.ndarray, start: Triple, bins: Triple
) -> pd.DataFrame:
    """Count the voxels of objects in a block by supervoxel and bin of space.

    Parameters
    ----------
    objects : (Z, Y, X) of any unsigned type; 0 is background
    supervoxels : (Z, Y, X) uint64; voxels of objects in 0 count, too
    start : coordinates of the block's first voxel
    bins : shape in voxels of the bins of space, which begin at coordinate 0

    Returns
    -------
    Columns of `PARTIAL_POINTS` and `PARTIAL_OBJECTS`: one row per object, supervoxel
    and bin, with its bounds
    """
    _, names, table = fill_rows(
        functools.partial(scan_overlaps, objects, supervoxels, start, bins),
        fill_overlap_slots,
        objects.shape,
        (3, 10),
    )
    place = names[:, 2]
    ones = np.uint64(2**21 - 1)
    where = [place >> np.uint64(42), place >> np.uint64(21) & ones, place & ones]
    columns = [*names[:, :2].T, *(w.astype(np.int64) for w in where), *table.T]
    return pd.DataFrame(dict(zip([*KEYS, "voxel_count", *SUMS, *BOUNDS], columns)))


def point_bins(voxel_size_nm: Sequence[float]) -> Triple:
    """Shape in voxels of the bins that stand for an object's voxels as points."""
    return tuple(max(1, round(POINTS_NM / size)) for size in voxel_size_nm)
