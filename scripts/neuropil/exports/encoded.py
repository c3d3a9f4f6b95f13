"""Encoded meshes of a bucket, on their way from buckets to shards.

Encoding takes long and is done bucket by bucket, so that only buckets whose cells
changed are encoded again. A shard then copies what belongs into it from all of them.
The file is HDF5: ids, sizes of both parts of each mesh, and all bytes in a row.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence

import numpy as np

from neuropil.exports.files import write_json
from neuropil.exports.meshes import MeshLevels, describe_meshes, encode_mesh
from neuropil.exports.shards import Entry, Sharding, write_shard
from neuropil.exports.skeletons import describe_skeletons
from neuropil.meshes.store import read_mesh
from neuropil.storage import reading_hdf5
from neuropil.whole_files import replacing_hdf5


def list_meshes(path: str | os.PathLike, kind: str) -> list[int]:
    """Ids of the meshes that a bucket holds, ascending."""
    with reading_hdf5(path) as file:
        return sorted(int(name) for name in file[kind])


def encode_bucket(
    path: str | os.PathLike, bucket: str | os.PathLike, kind: str, levels: MeshLevels
) -> None:
    """Encode the meshes of a bucket.

    Parameters
    ----------
    path : to write
    bucket : file of meshes
    kind : what they are of, ``cells`` or ``objects``
    """
    ids, sizes, texts = [], [], []
    for name in list_meshes(bucket, kind):
        mesh = read_mesh(bucket, name, kind)
        if not len(mesh.faces):
            continue
        data, manifest = encode_mesh(mesh, levels)
        ids.append(name)
        sizes.append((len(data), len(manifest)))
        texts += [data, manifest]
    with replacing_hdf5(path) as file:
        file["ids"] = np.array(ids, np.uint64)
        file["sizes"] = np.array(sizes, np.uint64).reshape(-1, 2)
        file["bytes"] = np.frombuffer(b"".join(texts), np.uint8)
    logging.info("%d meshes, %d bytes", len(ids), sum(map(len, texts)))


def read_encoded(path: str | os.PathLike, sharding: Sharding, shard: str) -> Iterator:
    """Read the meshes of a bucket that belong into the shard of a name."""
    with reading_hdf5(path) as file:
        ids, sizes = file["ids"][:], file["sizes"][:].astype(np.int64)
        stops = np.cumsum(sizes.ravel()).reshape(-1, 2)
        wanted = sharding.place(ids)[0] == np.uint64(int(shard, 16))
        for row in np.flatnonzero(wanted).tolist():
            middle, stop = stops[row].tolist()
            start = middle - int(sizes[row, 0])
            text = file["bytes"][start:stop].tobytes()
            yield Entry(int(ids[row]), text[middle - start :], text[: middle - start])


def export_meshes(
    path: str | os.PathLike, encoded: Sequence[str], sharding: Sharding, shard: str
) -> None:
    """Write one shard of meshes.

    Parameters
    ----------
    path : of the shard
    encoded : files of `encode_bucket`, of all buckets
    shard : its name
    """
    entries = [e for file in encoded for e in read_encoded(file, sharding, shard)]
    write_shard(path, entries, sharding)
    logging.info("shard %s: %d meshes", shard, len(entries))


def write_infos(paths: Sequence[str], sharding: Sequence) -> None:
    """Write the ``info`` of skeletons (in a folder ``skeletons``) and of meshes."""
    spec = Sharding(*sharding)
    for path in paths:
        is_skeleton = os.path.basename(os.path.dirname(path)) == "skeletons"
        meshes = describe_meshes(spec.describe(), {})
        write_json(path, describe_skeletons(spec) if is_skeleton else meshes)
