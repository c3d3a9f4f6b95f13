"""Pieces of meshes: what one chunk holds of the surface of each cell or object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from neuropil.bucket_pieces import cut_at


class Pieces(NamedTuple):
    """Open meshes, one after the other.

    Attributes
    ----------
    ids : (P,) uint64
    sample_counts : (P,) int64
        Samples inside of each that the chunk owns; a piece may be without a mesh.
    vertex_counts, face_counts : (P,) int64
        Vertices and triangles of each mesh.
    vertices : (V, 3) int32
        z, y, x in half samples of the dataset's lattice.
    faces : (F, 3) uint32
        Numbers of vertices within the mesh, counter-clockwise as seen from outside.
    """

    ids: np.ndarray
    sample_counts: np.ndarray
    vertex_counts: np.ndarray
    face_counts: np.ndarray
    vertices: np.ndarray
    faces: np.ndarray

    COUNTED = {  # noqa: RUF012, of all, not a field
        "vertices": "vertex_counts",
        "faces": "face_counts",
    }

    @classmethod
    def of(
        cls, ids: Sequence[int], counts: Sequence[int], meshes: Sequence[tuple]
    ) -> Pieces:
        """Put meshes, pairs of vertices and faces, one after the other."""
        none = np.empty((0, 3), np.int32), np.empty((0, 3), np.uint32)
        vertices, faces = zip(*meshes) if meshes else zip(none)
        sizes = [
            [len(part) for part in parts[: len(ids)]] for parts in (vertices, faces)
        ]
        return cls(
            np.array(ids, np.uint64),
            np.array(counts, np.int64),
            *(np.array(size, np.int64) for size in sizes),
            np.concatenate(vertices).astype(np.int32, copy=False),
            np.concatenate(faces).astype(np.uint32, copy=False),
        )

    def meshes(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield id, vertices and faces of each piece."""
        pieces = cut_at(self, range(len(self.ids) + 1))
        for name, piece in zip(self.ids.tolist(), pieces):
            yield name, piece.vertices, piece.faces
