"""Small skeletons and meshes to export, with ids that only uint64 holds."""

import numpy as np
import trimesh

from neuropil.meshes.store import StoredMesh
from neuropil.skeletons.store import Skeleton

IDS = [7, 2**53 + 1, 2**63 + 5, 2**64 - 1]


def make_skeleton(seed, sizes=(30, 12)):
    """Trees of random branches, of several components."""
    rng = np.random.default_rng(seed)
    places, edges, components = [], [], []
    for component, size in enumerate(sizes):
        first = len(places)
        places.append(rng.uniform(0, 20_000, 3))
        for node in range(first + 1, first + size):
            parent = int(rng.integers(first, node))
            edges.append((parent, node))
            places.append(places[parent] + rng.normal(0, 200, 3))
        components += [component] * size
    return Skeleton(
        np.array(places, "f4"),
        np.array(edges, "u4").reshape(-1, 2),
        rng.uniform(20, 300, len(places)).astype("f4"),
        np.array(components, "u4"),
    )


def make_mesh(seed, radius_nm=3000.0):
    """An ellipsoid, bent, its faces outwards in z, y, x."""
    rng = np.random.default_rng(seed)
    ball = trimesh.creation.icosphere(subdivisions=4)
    vertices = ball.vertices * radius_nm * (1, 1.5, 0.7)
    vertices[:, 0] += vertices[:, 1] ** 2 / radius_nm / 4
    vertices = vertices + rng.uniform(5000, 20_000, 3)
    mesh = trimesh.Trimesh(vertices, ball.faces, process=False)
    return StoredMesh(
        vertices.astype("f4"),
        ball.faces.astype("u4"),
        mesh.area / 1e6,
        mesh.volume / 1e9,
    )
