"""Skeletons of the cells in a chunk's tiles."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.grid import Box, Triple
from neuropil.skeletons.pieces import Piece, Work, find_objects, read_cells, trace_tile
from neuropil.skeletons.tiles import Tile

PER_NODE = ("place_vx", "parent", "radius_nm", "on_border")


class Pieces(NamedTuple):
    """Skeletons of objects, put one after the other.

    Attributes
    ----------
    cell : (P,) uint64, the cell of each piece
    voxel_count : (P,) int64, voxels of the lattice in each piece
    node_count : (P,) int64, nodes of each piece
    place_vx : (N, 3) int32, voxel of each node, z, y, x
    parent : (N,) int32, the next node towards the root, counted from the piece's first
        node; -1 for a root
    radius_nm : (N,) float32
    on_border : (N,) bool, node that another tile may have, too
    surface_count : (P,) int64, places of each piece's surface, 0 unless it is thick
    surface_vx : (S, 3) int32, places just outside of a cell, z, y, x
    """

    cell: np.ndarray
    voxel_count: np.ndarray
    node_count: np.ndarray
    place_vx: np.ndarray
    parent: np.ndarray
    radius_nm: np.ndarray
    on_border: np.ndarray
    surface_count: np.ndarray
    surface_vx: np.ndarray

    COUNTED = dict.fromkeys(PER_NODE, "node_count") | {"surface_vx": "surface_count"}


def extract_skeletons(
    read: Callable[[Box], np.ndarray],
    membership: pd.DataFrame,
    plan: tuple[Triple, Sequence[Tile]],
    voxel_size_nm: Sequence[float],
    settings: Mapping,
    threads: int,
) -> Pieces:
    """Trace the skeletons of the cells in tiles.

    Parameters
    ----------
    read : gives the supervoxels of a box
    membership : supervoxel, cell of all supervoxels there
    plan : voxels per voxel of the lattice, tiles (`tiles.plan_tiles`)
    voxel_size_nm : (z, y, x)
    settings : dust_nm3, teasar
    threads : processes at work at the same time; they change no result
    """
    step, tiles = plan
    sizes = tuple(float(n * size) for n, size in zip(step, voxel_size_nm))
    found = []
    for tile in tiles:
        numbers, cells = read_cells(read, membership, tile, step)
        rules = settings["teasar"]
        thick_nm = rules["soma_detection_nm"]
        objects = find_objects(numbers, tile, sizes, thick_nm, threads)
        work = Work(objects, tile, step, sizes, rules)
        traced = dict(trace_tile(work, settings["dust_nm3"] / np.prod(sizes), threads))
        found += [
            piece._replace(cell=int(cells[piece.cell]))
            for _, piece in sorted(traced.items())
        ]
    pieces = put_together(found)
    logging.info(
        "%d pieces with %d nodes of skeletons in %d tiles",
        *(len(pieces.cell), len(pieces.parent), len(tiles)),
    )
    return pieces


def put_together(found: Sequence[Piece]) -> Pieces:
    """Put pieces one after the other."""
    places = np.empty((0, 3), np.int32)
    none = places, *(np.empty(0, t) for t in ("i4", "f4", "?"))
    parts = [[*(getattr(piece, name) for name in PER_NODE)] for piece in found]
    return Pieces(
        np.array([piece.cell for piece in found], np.uint64),
        np.array([piece.voxel_count for piece in found], np.int64),
        np.array([len(piece.parent) for piece in found], np.int64),
        *(np.concatenate([empty, *part]) for empty, *part in zip(none, *parts)),
        np.array([len(piece.surface_vx) for piece in found], np.int64),
        np.concatenate([places, *(piece.surface_vx for piece in found)]),
    )
