"""Skeletons for Neuroglancer: precomputed, in shards, with attributes of nodes."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence

import numpy as np

from neuropil.exports.shards import Entry, Sharding, write_shard
from neuropil.skeletons.store import Skeleton, list_cells, read_skeleton

IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]  # nothing is turned, moved or scaled
# Attributes of nodes: its name here, its field in the store, its type.
ATTRIBUTES = (
    ("radius", "radius_nm", "float32"),
    ("component", "component", "uint32"),
    ("compartment", "compartment", "uint8"),
)


def node_attributes(fields: Sequence[str]) -> list[tuple[str, str, str]]:
    """Attributes that skeletons with some fields have.

    >>> [name for name, _, _ in node_attributes(Skeleton._fields)][:2]
    ['radius', 'component']
    """
    return [row for row in ATTRIBUTES if row[1] in fields]


def describe_skeletons(sharding: Sharding) -> dict:
    """Write the ``info`` of skeletons."""
    return {
        "@type": "neuroglancer_skeletons",
        "transform": IDENTITY,
        "vertex_attributes": [
            {"id": name, "data_type": dtype, "num_components": 1}
            for name, _, dtype in node_attributes(Skeleton._fields)
        ],
        "sharding": sharding.describe(),
    }


def encode_skeleton(skeleton: Skeleton, shift_nm: Sequence[float]) -> bytes:
    """Encode a skeleton in the binary format of Neuroglancer.

    Parameters
    ----------
    shift_nm : (z, y, x), added to all nodes
    """
    places = (skeleton.vertices_nm + np.asarray(shift_nm))[:, ::-1]
    counts = [len(places), len(skeleton.edges)]
    parts = [
        np.array(counts, "<u4"),
        places.astype("<f4"),
        skeleton.edges.astype("<u4"),
    ]
    for _, field, dtype in node_attributes(Skeleton._fields):
        parts.append(getattr(skeleton, field).astype(np.dtype(dtype).newbyteorder("<")))
    return b"".join(part.tobytes() for part in parts)


def ids_of_shard(ids: np.ndarray, sharding: Sharding, shard: str) -> list[int]:
    """Ids that belong into the shard of a name, of ids (N,) uint64."""
    return ids[sharding.place(ids)[0] == np.uint64(int(shard, 16))].tolist()


def read_shard(
    paths: Sequence[str], sharding: Sharding, shard: str
) -> Iterator[tuple[int, Skeleton]]:
    """Read the cells of a shard, and their skeletons, from the files of all buckets."""
    for path in paths:
        for cell in ids_of_shard(list_cells(path), sharding, shard):
            yield cell, read_skeleton(path, cell)


def export_skeletons(
    path: str | os.PathLike,
    buckets: Sequence[str],
    sharding: Sharding,
    shard: str,
    shift_nm: Sequence[float],
) -> None:
    """Write one shard of skeletons.

    Parameters
    ----------
    path : of the shard
    buckets : files of skeletons
    shard : its name
    shift_nm : (z, y, x), added to all nodes
    """
    entries = [
        Entry(cell, encode_skeleton(skeleton, shift_nm))
        for cell, skeleton in read_shard(buckets, sharding, shard)
    ]
    write_shard(path, entries, sharding)
    logging.info("shard %s: %d skeletons", shard, len(entries))
