"""Pieces of meshes: what one chunk holds of the surface of each cell or object.

A file holds the pieces of a chunk one after the other, sorted by bucket and id, so that
the pieces of a bucket lie together and can be read alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import h5py
import hdf5plugin
import numpy as np

from neuropil.buckets import bucket_of
from neuropil.storage import open_hdf5, replacing

ROWS = 1 << 14  # of an HDF5 chunk


class Pieces(NamedTuple):
    """Open meshes, one after the other.

    Attributes
    ----------
    ids : (P,) uint64
    sample_counts : (P,) int64
        Samples inside of each that the chunk owns; a piece may be without a mesh.
    vertex_stops, face_stops : (P,) int64
        Where the vertices and triangles of each mesh end.
    vertices : (V, 3) int32
        z, y, x in half samples of the dataset's lattice.
    faces : (F, 3) uint32
        Numbers of vertices within the mesh, counter-clockwise as seen from outside.
    """

    ids: np.ndarray
    sample_counts: np.ndarray
    vertex_stops: np.ndarray
    face_stops: np.ndarray
    vertices: np.ndarray
    faces: np.ndarray

    @classmethod
    def of(
        cls, ids: Sequence[int], counts: Sequence[int], meshes: Sequence[tuple]
    ) -> Pieces:
        """Put meshes, pairs of vertices and faces, one after the other."""
        none = np.empty((0, 3))
        vertices, faces = zip(*meshes) if meshes else ((none,), (none,))
        sizes = [
            [len(part) for part in parts[: len(ids)]] for parts in (vertices, faces)
        ]
        return cls(
            np.array(ids, np.uint64),
            np.array(counts, np.int64),
            *(np.cumsum(size, dtype=np.int64) for size in sizes),
            np.concatenate(vertices).astype(np.int32),
            np.concatenate(faces).astype(np.uint32),
        )

    def meshes(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield id, vertices and faces of each piece."""
        first = (0, 0)
        for name, *stop in zip(self.ids.tolist(), self.vertex_stops, self.face_stops):
            rows = (slice(a, b) for a, b in zip(first, stop))
            yield (name, *(v[r] for v, r in zip((self.vertices, self.faces), rows)))
            first = stop

    def digest(self) -> int:
        """Digest of the pieces: equal for equal ones, wherever they are stored."""
        state = hashlib.blake2b(digest_size=8)
        for part in self:
            state.update(np.ascontiguousarray(part).tobytes())
        return int.from_bytes(state.digest(), "little")


def write_pieces(path: str | os.PathLike, pieces: Pieces, bucket_count: int) -> None:
    """Write pieces sorted by bucket and id.

    The file also says for each bucket where its pieces end (``bucket_stops``), and has
    a digest of them, for others to see whether the bucket changed.
    """
    buckets = bucket_of(pieces.ids, bucket_count)
    meshes = [(vertices, faces) for _, vertices, faces in pieces.meshes()]
    order = np.lexsort([pieces.ids, buckets])
    ordered = Pieces.of(
        pieces.ids[order], pieces.sample_counts[order], [meshes[i] for i in order]
    )
    stops = np.searchsorted(buckets[order], np.arange(bucket_count), side="right")
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        for name, values in ordered._asdict().items():
            chunk = (min(len(values), ROWS), *values.shape[1:])
            packed = {"chunks": chunk, "shuffle": True, **hdf5plugin.Zstd(clevel=1)}
            file.create_dataset(name, data=values, **(packed if len(values) else {}))
        file["bucket_stops"] = stops
        digests = [cut(ordered, *ends).digest() for ends in ranges(stops)]
        file["bucket_digests"] = np.array(digests, np.uint64)


def ranges(stops: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of start and stop of ranges that follow each other from 0."""
    return list(zip([0, *stops[:-1].tolist()], stops.tolist()))


def cut(pieces: Pieces | h5py.File, start: int, stop: int) -> Pieces:
    """Pieces from number ``start`` up to, not with, ``stop``; reads just these."""
    names = Pieces._fields
    columns = pieces._asdict() if isinstance(pieces, Pieces) else pieces
    *parts, vertex_stops, face_stops = (columns[n][start:stop] for n in names[:4])
    stops = (vertex_stops, face_stops)
    for name, ends in zip(names[2:4], stops):
        parts.append(ends - (columns[name][start - 1] if start else 0))
    for name, after, ends in zip(names[4:], names[2:4], stops):
        first = int(columns[after][start - 1]) if start else 0
        parts.append(columns[name][first : int(ends[-1]) if len(ends) else first])
    return Pieces(*parts)


def read_pieces(path: str | os.PathLike, bucket: int) -> Pieces:
    """Read the pieces of one bucket of a chunk."""
    with open_hdf5(path) as file:
        return cut(file, *ranges(file["bucket_stops"][:])[bucket])


def read_digests(path: str | os.PathLike) -> np.ndarray:
    """Digests (uint64) of the pieces of each bucket of a chunk."""
    with open_hdf5(path) as file:
        return file["bucket_digests"][:]
