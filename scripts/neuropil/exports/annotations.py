"""Synapses for Neuroglancer: points with numbers, found by id, by cell and by place.

The format is `neuroglancer_annotations_v1`: https://github.com/google/neuroglancer,
precomputed/annotations.md. Every point is in one level of the spatial index; a level
shows a random part of what is not in coarser ones, so that viewers draw few points from
afar and all from near.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.buckets import mix
from neuropil.exports.files import write_json
from neuropil.exports.morton import morton_code
from neuropil.exports.shards import Entry, Sharding, write_shard
from neuropil.grid import Triple
from neuropil.storage import read_table
from neuropil.whole_files import replacing_folder

NM = 1e-9  # in m
PLACE = ["x_nm", "y_nm", "z_nm"]
NUMBERS = {
    "area_um2": "Area in µm².",
    "p_synaptic": "Probability that it is a synapse.",
    "p_direction": "Probability of its direction.",
}
SIGNS = {-1: "inhibitory", 0: "unknown", 1: "excitatory"}
RELATIONS = ("pre", "post")
POINT = np.dtype(
    [("place", "<f4", 3)]
    + [(name, "<f4") for name in NUMBERS]
    + [("sign", "i1"), ("padding", "u1", 3)]
)
# A point with the cells that it belongs to: how many, and their ids, per relation.
LINKED = np.dtype(
    [
        ("point", POINT),
        *(
            (f"{r}{i}", t)
            for r in RELATIONS
            for i, t in (("_count", "<u4"), ("", "<u8"))
        ),
    ]
)
SIDE_NM = 1024  # coarsest cells are multiples of it, so that halves are whole numbers
MOST_LEVELS = 10


class Level(NamedTuple):
    """A level of the spatial index.

    Attributes
    ----------
    grid, side_nm : number and lengths of its cells, x, y, z
    rows : (N,) points that it holds
    cells : (N, 3) cell of each, x, y, z
    """

    grid: Triple
    side_nm: Triple
    rows: np.ndarray
    cells: np.ndarray

    @property
    def codes(self) -> np.ndarray:
        """Number (N,) uint64 of the cell of each point, in the order of the index."""
        return morton_code(self.cells, self.grid)


def plan_spatial_levels(
    ids: np.ndarray, places_nm: np.ndarray, size_nm: Sequence[float], limit: int
) -> list[Level]:
    """Share points out over the levels of a spatial index.

    Parameters
    ----------
    ids : (N,) uint64; which points a level shows depends on them alone
    places_nm : (N, 3), x, y, z from the corner of the indexed box
    size_nm : of the box, x, y, z
    limit : about how many points a cell may show; the finest level shows all others
    """
    side = np.ceil(np.asarray(size_nm) / SIDE_NM).astype(int) * SIDE_NM
    grid, rows, levels = np.ones(3, int), np.arange(len(ids)), []
    while True:
        cells = np.clip((places_nm[rows] // side).astype(int), 0, grid - 1)
        code = morton_code(cells, grid)
        most = np.unique(code, return_counts=True)[1].max(initial=0)
        shown = np.ones(len(rows), bool)
        if most > limit and len(levels) + 1 < MOST_LEVELS:
            chance = mix(mix(ids[rows]) + np.uint64(len(levels))) / 2.0**64
            shown = chance < limit / most
        level = (tuple(map(int, part)) for part in (grid, side))
        levels.append(Level(*level, rows[shown], cells[shown]))
        rows = rows[~shown]
        if not len(rows):
            return levels
        halved = (side > side.max() / np.sqrt(2)) & (side % 2 == 0)
        side, grid = np.where(halved, side // 2, side), np.where(halved, 2 * grid, grid)


def encode_points(table: pd.DataFrame, shift_nm: Sequence[float]) -> np.ndarray:
    """Encode rows (N,) of connectome/synapses.parquet; places move by x, y, z."""
    points = np.zeros(len(table), POINT)
    points["place"] = table[PLACE].to_numpy(float) + np.asarray(shift_nm)
    for name in (*NUMBERS, "sign"):
        points[name] = table[name]
    return points


def encode_links(points: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    """Encode points together with the cells that each belongs to."""
    linked = np.zeros(len(points), LINKED)
    linked["point"] = points
    for relation in RELATIONS:
        linked[f"{relation}_count"] = 1
        linked[relation] = table[relation]
    return linked


def group_entries(
    keys: np.ndarray, points: np.ndarray, ids: np.ndarray
) -> Iterator[Entry]:
    """Yield an entry for each key (N,) uint64, with all the points that have it."""
    order = np.argsort(keys, kind="stable")
    names, first = np.unique(keys[order], return_index=True)
    for name, rows in zip(names.tolist(), np.split(order, first[1:])):
        parts = (np.array(len(rows), "<u8"), points[rows], ids[rows].astype("<u8"))
        yield Entry(name, b"".join(part.tobytes() for part in parts))


def write_shards(folder: Path, entries: Sequence[Entry], sharding: Sharding) -> None:
    """Write entries into the shards of a folder."""
    ids = np.array([entry.id for entry in entries], np.uint64)
    shards = sharding.place(ids)[0].astype(int)
    for number, name in enumerate(sharding.names):
        rows = np.flatnonzero(shards == number)
        write_shard(folder / f"{name}.shard", [entries[i] for i in rows], sharding)


def export_annotations(
    folder: str | os.PathLike,
    synapses: str,
    space_nm: tuple[Sequence[float], Sequence[float], Sequence[float]],
    sharding: Sharding,
    limit: int,
) -> None:
    """Write the synapses of a connectome as points for Neuroglancer.

    Parameters
    ----------
    folder : to be made
    synapses : table connectome/synapses.parquet
    space_nm : start and stop of the dataset where viewers see it, and the place of its
        first voxel there, each z, y, x
    sharding : of ids of synapses, and of cells
    limit : about how many points a viewer loads for a cell of the spatial index
    """
    table = read_table(synapses)
    low, high, origin = (np.asarray(place, float)[::-1] for place in space_nm)
    ids = table["synapse"].to_numpy(np.uint64)
    points = encode_points(table, origin)
    linked = encode_links(points, table)
    rows = [Entry(i, row.tobytes()) for i, row in zip(ids.tolist(), linked)]
    levels = plan_spatial_levels(ids, points["place"] - low, high - low, limit)
    with replacing_folder(folder) as new:
        write_shards(new / "by_id", rows, sharding)
        for relation in RELATIONS:
            grouped = group_entries(table[relation].to_numpy(np.uint64), points, ids)
            write_shards(new / relation, [*grouped], sharding)
        for number, level in enumerate(levels):
            grouped = group_entries(level.codes, points[level.rows], ids[level.rows])
            write_shards(new / f"spatial{number}", [*grouped], sharding)
        write_json(new / "info", describe_annotations(low, levels, sharding))
    logging.info("%d synapses, spatial index of %d levels", len(ids), len(levels))


def describe_annotations(
    low_nm: np.ndarray, levels: list[Level], sharding: Sharding
) -> dict:
    """Write the ``info`` of points from a corner (x, y, z) on.

    The bounds are those of whole cells of the spatial index, since cloud-volume finds
    no points in a cell that the bounds cut.
    """
    shards = {"sharding": sharding.describe()}
    properties = [
        {"id": name, "type": "float32", "description": text}
        for name, text in NUMBERS.items()
    ]
    sign = {"id": "sign", "type": "int8", "description": "Sign of the synapse."}
    sign |= {"enum_values": [*SIGNS], "enum_labels": [*SIGNS.values()]}
    return {
        "@type": "neuroglancer_annotations_v1",
        "dimensions": {axis: [NM, "m"] for axis in "xyz"},
        "lower_bound": low_nm.tolist(),
        "upper_bound": (low_nm + levels[0].side_nm).tolist(),
        "annotation_type": "POINT",
        "properties": [*properties, sign],
        "relationships": [{"id": r, "key": r, **shards} for r in RELATIONS],
        "by_id": {"key": "by_id", **shards},
        "spatial": [
            {
                "key": f"spatial{number}",
                "grid_shape": list(level.grid),
                "chunk_size": list(level.side_nm),
                "limit": count_most(level),
                **shards,
            }
            for number, level in enumerate(levels)
        ],
    }


def count_most(level: Level) -> int:
    """Count the points of the fullest cell of a level; at least 1."""
    counts = np.unique(level.codes, return_counts=True)[1]
    return int(counts.max(initial=1))
