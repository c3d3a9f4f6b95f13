"""Chunked arrays through tensorstore, in a folder or at a URL.

A store is a folder, ``http(s)://``, ``gs://bucket/path`` or ``s3://bucket/path``.
What Zarr, N5 and precomputed volumes have in common is here: where the store is, its
JSON metadata, the choice of a resolution level, and reading through tensorstore.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorstore as ts

from neuropil.errors import InputError
from neuropil.grid import Box
from neuropil.volumes.base import (
    Volume,
    as_lengths,
    check_array,
    describe_lengths,
    find_axes,
    one_line,
    same_size,
    settle_offset,
    settle_voxel_size,
)

CACHE_BYTES = 256 * 2**20  # decoded chunks that neighbouring blocks read again
RETRIES = {"max_retries": 4, "initial_delay": "500ms", "max_delay": "8s"}
BUCKETS = {"gs": "gcs", "s3": "s3"}


@dataclass(frozen=True)
class Level:
    """One resolution of a volume: how to open it, and what its metadata says.

    ``spec`` is a tensorstore spec; voxel size and offset are (z, y, x) in nm or None.
    """

    key: str
    spec: dict
    axes: str
    voxel_size_nm: Sequence | None
    offset_nm: Sequence | None


@functools.cache
def store_context() -> ts.Context:
    """Cache and retries that all stores of a process share."""
    return ts.Context(
        {
            "cache_pool": {"total_bytes_limit": CACHE_BYTES},
            "http_request_retries": RETRIES,
            "gcs_request_retries": RETRIES,
            "s3_request_retries": RETRIES,
        }
    )


def store_spec(source: dict, inner: str = "") -> dict:
    """Describe for tensorstore where a volume is kept.

    Parameters
    ----------
    source : its ``path`` is a folder or URL; ``anonymous`` reads S3 without an account
    inner : path inside of it

    >>> store_spec({"path": "gs://bucket/em/seg"}, "s0")
    {'driver': 'gcs', 'bucket': 'bucket', 'path': 'em/seg/s0/'}
    """
    path = "/".join(
        part for part in (str(source["path"]).rstrip("/"), inner.strip("/")) if part
    )
    scheme, separator, rest = path.partition("://")
    if not separator:
        return {"driver": "file", "path": f"{Path(path).absolute()}/"}
    if scheme in ("http", "https"):
        return {"driver": "http", "base_url": f"{path}/"}
    if scheme not in BUCKETS:
        raise InputError(
            f"{source['path']} starts with {scheme}://, expected a folder, http://, "
            "https://, gs:// or s3://. Correct the path."
        )
    bucket, _, key = rest.partition("/")
    spec = {"driver": BUCKETS[scheme], "bucket": bucket, "path": f"{key}/"}
    if source.get("anonymous"):
        spec["aws_credentials"] = {"type": "anonymous"}
    return spec


def read_json(source: dict, key: str, name: str) -> dict | None:
    """Read a JSON file of a store; None if it has no such file.

    Raises
    ------
    InputError
        If the store can't be reached or the file is no JSON object.
    """
    inner, _, file = key.rpartition("/")
    try:
        store = ts.KvStore.open(
            store_spec(source, inner), context=store_context()
        ).result()
        answer = store.read(file).result()
    except (ValueError, OSError) as error:
        raise InputError(
            f"{name} can't be reached ({one_line(error)}). Check the address, the "
            "connection and your access rights."
        ) from error
    if answer.state == "missing":
        return None
    try:
        content = json.loads(answer.value)
    except ValueError as error:
        raise InputError(
            f"{name}: its metadata file {key} is damaged ({one_line(error)}). Copy it "
            "anew."
        ) from error
    if not isinstance(content, dict):
        raise InputError(
            f"{name}: its metadata file {key} holds no JSON object. Copy it anew."
        )
    return content


def choose_level(levels: Sequence[Level], source: dict, name: str) -> Level:
    """Pick the resolution level to read.

    The config's ``level`` (0 is the first) wins; else the level that has the
    ``voxel_size_nm`` of the config; else one with the size that the dataset has
    (``assumed_voxel_size_nm``); else the first.
    """
    number = source.get("level")
    listed = "; ".join(
        f"{i}: {describe_lengths(level.voxel_size_nm) if level.voxel_size_nm else '?'}"
        for i, level in enumerate(levels)
    )
    if number is not None:
        if number < len(levels):
            return levels[number]
        raise InputError(
            f"{name} has no level {number}, it has {len(levels)} ({listed}). Set the "
            "key level to one of them."
        )
    said = as_lengths(source.get("voxel_size_nm"))
    wanted = said or as_lengths(source.get("assumed_voxel_size_nm"))
    for level in levels:
        found = as_lengths(level.voxel_size_nm)
        if wanted and found and same_size(wanted, found):
            return level
    if said and len(levels) > 1 and levels[0].voxel_size_nm:
        raise InputError(
            f"{name} has no level with voxels of {describe_lengths(said)}, it has "
            f"{listed}. Correct voxel_size_nm, or choose one with the key level."
        )
    return levels[0]


def level_corners(places: Sequence[tuple]) -> list:
    """Lower corner of voxel 0 of each level, from the centre of its voxel 0.

    OME-Zarr and OpenOrganelle give centres. Relative to the first level, the corner is
    the centre less half of what the voxel has grown; but writers that give every level
    the same centre mean that the corners coincide.

    Parameters
    ----------
    places : (voxel size, centre) of each level, or (None, None)
    """
    first_size, first = places[0]
    if first is None or all(centre == first for _, centre in places):
        return [centre for _, centre in places]
    return [
        centre and tuple(t - (s - s0) / 2 for t, s, s0 in zip(centre, size, first_size))
        for size, centre in places
    ]


def open_levels(levels: Sequence[Level], source: dict, name: str) -> Volume:
    """Open the level of a chunked array that the config asks for."""
    level = choose_level(levels, source, name)
    store = open_store(level.spec, name)
    dtype = store.dtype.numpy_dtype
    check_array(dtype, store.shape, name)
    axes = find_axes(source, level.axes, store.shape, name)

    def load(box: Box) -> np.ndarray:
        return axes.arrange(store[axes.index(box)].read().result())

    return Volume(
        name=name,
        shape=axes.pick(store.shape),
        dtype=dtype,
        voxel_size_nm=settle_voxel_size(source, level.voxel_size_nm, name),
        offset_nm=settle_offset(source, level.offset_nm),
        load=load,
    )


def open_store(spec: dict, name: str) -> ts.TensorStore:
    """Open a tensorstore for reading, with its first voxel at (0, 0, 0)."""
    try:
        store = ts.open(spec, read=True, open=True, context=store_context()).result()
    except (ValueError, OSError) as error:
        raise InputError(
            f"{name} can't be opened ({one_line(error)}). Check its path and format; "
            "if the metadata is damaged, copy it anew."
        ) from error
    if store.rank:
        store = store[ts.d[:].translate_to[0]]
    return store
