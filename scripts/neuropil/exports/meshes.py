"""Meshes for Neuroglancer: several levels of detail, cut into fragments, in Draco.

The format is that of https://github.com/google/neuroglancer, precomputed/meshes.md. At
level n a fragment is a cube of 2^n times the finest one's side; vertices are rounded to
2^16 steps in it, which a fragment of 6.4 µm makes 0.1 nm.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import DracoPy
import numpy as np

from neuropil.exports.cutting import cut_at_grid
from neuropil.exports.morton import morton_code
from neuropil.meshes.store import StoredMesh
from neuropil.meshes.surfaces import simplify

BITS = 16
STEPS = 2**BITS - 1
COARSER = 4.0  # how much farther the next level of detail may be from the surface
COMPRESSION = 7  # of Draco, 0 to 10


class MeshLevels(NamedTuple):
    """How meshes are written.

    Attributes
    ----------
    fragment_nm : side of the finest fragments
    max_error_nm : of the finest level
    count : of levels of detail
    shift_nm : (z, y, x), added to all vertices
    """

    fragment_nm: float
    max_error_nm: float
    count: int
    shift_nm: tuple[float, float, float]


def describe_meshes(sharding: dict, links: dict) -> dict:
    """Write the ``info`` of meshes."""
    return {
        "@type": "neuroglancer_multilod_draco",
        "vertex_quantization_bits": BITS,
        "transform": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
        "lod_scale_multiplier": 1,
        "sharding": sharding,
        **links,
    }


def simplified(mesh: StoredMesh, levels: MeshLevels) -> list[np.ndarray]:
    """Triangles (N, 3, 3) float64 of each level of detail, in x, y, z and nm.

    The finest is the mesh as it is stored. Corners are turned: x, y, z mirrors z, y, x.
    """
    vertices = mesh.vertices_nm.astype(np.float64)
    faces, error, out = mesh.faces.astype(np.int64), levels.max_error_nm, []
    for level in range(levels.count):
        if level:
            error *= COARSER
            vertices, faces = simplify(vertices, faces, error)
        places = (vertices + np.asarray(levels.shift_nm))[:, ::-1]
        out.append(places[faces[:, ::-1]])
    return out


def encode_mesh(mesh: StoredMesh, levels: MeshLevels) -> tuple[bytes, bytes]:
    """Encode a mesh: its fragments of all levels, and the manifest that lists them."""
    details = simplified(mesh, levels)
    low = np.min([d.min(axis=(0, 1)) for d in details if len(d)], axis=0)
    origin = np.floor(low).astype(np.float32)
    found = []
    for level, triangles in enumerate(details):
        side = levels.fragment_nm * 2**level
        # Coarser fragments are made of cubes of the next finer level.
        parts = cut_at_grid(triangles - origin, side / 2 if level else side)
        found.append(cut_fragments(parts, side))
    for finer, coarser in itertools.pairwise(found):
        for place in finer:
            coarser.setdefault(tuple(n // 2 for n in place), b"")
    found = [{place: part[place] for place in z_order(part)} for part in found]
    data = b"".join(fragment for part in found for fragment in part.values())
    return data, write_manifest(found, origin, levels)


def cut_fragments(triangles: np.ndarray, side: float) -> dict[tuple, bytes]:
    """Encode triangles (N, 3, 3), already cut, by the place of their cube."""
    places = np.floor(triangles.mean(axis=1) / side).astype(np.int64)
    names, index = np.unique(places, axis=0, return_inverse=True)
    index, fragments = index.ravel(), {}
    order = np.argsort(index, kind="stable")
    parts = np.split(order, np.searchsorted(index[order], np.arange(1, len(names))))
    for name, rows in zip(names, parts):
        inside = (triangles[rows] / side - name).clip(0, 1)
        data = encode_fragment(np.rint(inside * STEPS).astype(np.uint32))
        if data:
            fragments[tuple(name.tolist())] = data
    return fragments


def encode_fragment(triangles: np.ndarray) -> bytes:
    """Encode triangles (N, 3, 3) uint32; nothing if all of them are lines or points."""
    corners, index = np.unique(triangles.reshape(-1, 3), axis=0, return_inverse=True)
    faces = index.reshape(-1, 3)
    flat = (faces == np.roll(faces, 1, axis=1)).any(axis=1)
    faces = faces[~flat]
    if not len(faces):
        return b""
    used, index = np.unique(faces, return_inverse=True)
    faces = index.reshape(-1, 3).astype(np.uint32)
    return DracoPy.encode(corners[used], faces, compression_level=COMPRESSION)


def z_order(places: dict[tuple, bytes]) -> list[tuple]:
    """Sort places of fragments by their Morton code."""
    listed = np.array(sorted(places), np.int64).reshape(-1, 3)
    size = 2 ** int(listed.max(initial=0) + 1).bit_length()
    codes = morton_code(listed, (size, size, size))
    return [tuple(place) for place in listed[np.argsort(codes)].tolist()]


def write_manifest(
    found: Sequence[dict[tuple, bytes]], origin: np.ndarray, levels: MeshLevels
) -> bytes:
    """Write which fragments there are.

    Parameters
    ----------
    found : of each level, encoded fragments by their place, in the order of the data
    origin : (3,) x, y, z of the grid of cubes, in nm
    """
    errors = levels.max_error_nm * COARSER ** np.arange(levels.count)
    parts = [
        np.full(3, levels.fragment_nm, "<f4"),
        np.asarray(origin, "<f4"),
        np.array(levels.count, "<u4"),
        errors.astype("<f4"),
        np.zeros((levels.count, 3), "<f4"),
        np.array([len(part) for part in found], "<u4"),
    ]
    for part in found:
        parts.append(np.array(list(part), "<u4").reshape(-1, 3).T)
        parts.append(np.array([len(data) for data in part.values()], "<u4"))
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
