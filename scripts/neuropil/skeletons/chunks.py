"""Skeletons of a chunk's tiles: made, and kept in a file by bucket and cell."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import h5py
import numpy as np
import pandas as pd

from neuropil.buckets import bucket_of
from neuropil.grid import Box, Triple
from neuropil.skeletons.pieces import Piece, Work, find_objects, read_cells, trace_tile
from neuropil.skeletons.tiles import Tile
from neuropil.storage import open_hdf5, replacing


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
    """

    cell: np.ndarray
    voxel_count: np.ndarray
    node_count: np.ndarray
    place_vx: np.ndarray
    parent: np.ndarray
    radius_nm: np.ndarray
    on_border: np.ndarray


PER_PIECE = ("cell", "voxel_count", "node_count")
PER_NODE = ("place_vx", "parent", "radius_nm", "on_border")


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
        objects = find_objects(numbers, tile, sizes, threads)
        work = Work(objects, tile, step, sizes, settings["teasar"])
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
    none = np.empty((0, 3), np.int32), *(np.empty(0, t) for t in ("i4", "f4", "?"))
    parts = [[*(getattr(piece, name) for name in PER_NODE)] for piece in found]
    return Pieces(
        np.array([piece.cell for piece in found], np.uint64),
        np.array([piece.voxel_count for piece in found], np.int64),
        np.array([len(piece.parent) for piece in found], np.int64),
        *(np.concatenate([empty, *part]) for empty, *part in zip(none, *parts)),
    )


def select(pieces: Pieces, chosen: np.ndarray) -> Pieces:
    """Take pieces by their numbers, in that order."""
    start = np.append(0, np.cumsum(pieces.node_count))
    rows = [np.arange(start[i], start[i + 1]) for i in chosen]
    rows = np.concatenate([np.empty(0, np.int64), *rows])
    return Pieces(
        *(getattr(pieces, name)[chosen] for name in PER_PIECE),
        *(getattr(pieces, name)[rows] for name in PER_NODE),
    )


def write_pieces(path: str, pieces: Pieces, bucket_count: int) -> None:
    """Write pieces to an HDF5 file, sorted by bucket and cell.

    A bucket's rows lie together, between ``start/<pieces or nodes>[bucket]`` and the
    next; ``digest`` says in short what they hold.
    """
    bucket = bucket_of(pieces.cell, bucket_count)
    first = np.append(0, np.cumsum(pieces.node_count))[:-1]
    corner = pieces.place_vx[first].T if len(first) else np.empty((3, 0))
    order = np.lexsort((*corner[::-1], pieces.cell, bucket))
    pieces, bucket = select(pieces, order), bucket[order]
    at = np.searchsorted(bucket, np.arange(bucket_count + 1))
    nodes = np.append(0, np.cumsum(pieces.node_count))[at]
    starts = list(zip(at, at[1:], nodes, nodes[1:]))
    digests = [digest(cut(pieces, *start)) for start in starts]
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        for name, column in pieces._asdict().items():
            file.create_dataset(name, data=column, track_times=False)
        file.create_dataset("start/pieces", data=at, track_times=False)
        file.create_dataset("start/nodes", data=nodes, track_times=False)
        file.create_dataset("digest", data=np.array(digests, "S64"), track_times=False)


def cut(
    columns: Mapping | Pieces, low: int, high: int, first: int, stop: int
) -> Pieces:
    """Take pieces low..high, and their nodes first..stop, out of an open file, too."""
    if isinstance(columns, Pieces):
        columns = columns._asdict()
    return Pieces(
        *(columns[name][low:high] for name in PER_PIECE),
        *(columns[name][first:stop] for name in PER_NODE),
    )


def digest(pieces: Pieces) -> str:
    """Digest of pieces: the same if, and only if, they are."""
    found = hashlib.sha256()
    for column in pieces:
        found.update(np.ascontiguousarray(column).tobytes())
    return found.hexdigest()


def read_pieces(paths: Iterable[str], bucket: int) -> Pieces:
    """Read the pieces of a bucket from the files of all chunks."""
    parts = []
    for path in paths:
        with open_hdf5(path) as file:
            low, high = file["start/pieces"][bucket : bucket + 2]
            first, stop = file["start/nodes"][bucket : bucket + 2]
            parts.append(cut(file, low, high, first, stop))
    return Pieces(*map(np.concatenate, zip(*parts)))


def read_digests(path: str) -> list[str]:
    """Read the digests of what a chunk's file holds of each bucket."""
    with open_hdf5(path) as file:
        return [name.decode() for name in file["digest"][()]]
