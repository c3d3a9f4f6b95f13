"""From pieces to surfaces: weld, smooth and simplify meshes.

Meshes of voxels are stairs, whose area is 8 to 14 % too large on average. Their
vertices are therefore smoothed, in steps towards and away from the mean of their
neighbours (Taubin 1995, "A signal processing approach to fair surface design"): stairs
vanish, and bodies hardly shrink. What they lose is given back: all vertices move by one
distance, until the volume is that of the samples inside. Areas of spheres, tori and
cylinders at least three samples thick are then right within 3 %, in any orientation.

Simplification collapses edges. It keeps closed meshes closed and does not change their
topology; the distance to the original is below ``max_error_nm``, since the sum of the
squared distances of a vertex to all planes that it stands for is. Measured, it is about
a third of it. `zmesh.simplify` and fast-simplification state no bound in nm, the first
rounds vertices to half voxels, and the second may open a mesh.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuropil.kernels.meshes import collapse_edges, inflate, relax
from neuropil.meshes.geometry import measure_mesh

NM_PER_UM = 1000.0
SMOOTHING = np.array([0.5, -0.53] * 20)

Mesh = tuple[np.ndarray, np.ndarray]


def weld(pieces: Sequence[Mesh]) -> Mesh:
    """Join pieces at vertices of the same place, exactly.

    Vertices and faces are sorted, each face from its first vertex on, so that the
    result is the same whatever the pieces.

    Parameters
    ----------
    pieces : pairs of vertices (N, 3) of whole numbers, and faces (M, 3)

    Returns
    -------
    vertices (N, 3) int64, distinct; faces (M, 3) int64
    """
    places = np.concatenate([vertices for vertices, _ in pieces]).astype(np.int64)
    counts = [0, *(len(vertices) for vertices, _ in pieces[:-1])]
    starts = np.cumsum(counts)
    faces = np.concatenate(
        [f.astype(np.int64) + n for (_, f), n in zip(pieces, starts)]
    )
    low = places.min(axis=0)
    span = places.max(axis=0) - low + 1
    keys = np.ravel_multi_index((places - low).T, span)
    keys, index = np.unique(keys, return_inverse=True)
    vertices = np.stack(np.unravel_index(keys, span), axis=1) + low
    return vertices, sort_faces(index[faces])


def sort_faces(faces: np.ndarray) -> np.ndarray:
    """Turn faces (M, 3) so that their smallest vertex is first, and sort them."""
    turns = np.argmin(faces, axis=1)[:, None] + np.arange(3)
    faces = np.take_along_axis(faces, turns % 3, axis=1)
    return faces[np.lexsort(faces.T[::-1])]


def smooth(vertices_nm: np.ndarray, faces: np.ndarray, volume_um3: float) -> np.ndarray:
    """Smooth the stairs of a closed mesh, and give it back its volume.

    Thin tubes lose some of it; all vertices are then moved outwards, by the same small
    distance. Debris of a few samples would vanish; it keeps its stairs.

    Parameters
    ----------
    vertices_nm : (N, 3) float64
    faces : (M, 3) int64
    volume_um3 : of the voxels inside

    Returns
    -------
    (N, 3) float64
    """
    smoothed = vertices_nm.copy()
    relax(smoothed, faces, SMOOTHING)
    if measure_mesh(smoothed, faces)[1] < measure_mesh(vertices_nm, faces)[1] / 2:
        smoothed = vertices_nm.copy()
    fill(smoothed, faces, volume_um3)
    return smoothed


def fill(vertices_nm: np.ndarray, faces: np.ndarray, volume_um3: float) -> None:
    """Move all vertices outwards by one distance that gives a volume, in place.

    The volume changes by no more than a quarter.
    """
    area, volume = measure_mesh(vertices_nm, faces)
    missing = np.clip(volume_um3 - volume, -volume / 4, volume / 4)
    inflate(vertices_nm, faces, NM_PER_UM * missing / area)


def simplify(vertices_nm: np.ndarray, faces: np.ndarray, max_error_nm: float) -> Mesh:
    """Simplify a closed mesh as far as an error allows; its volume stays.

    Thin and small bodies allow less: their volume over their area, which is half the
    radius of a tube and a third of that of a ball. Zero leaves a mesh as it is.

    Parameters
    ----------
    vertices_nm : (N, 3) float64
    faces : (M, 3) int64
    max_error_nm : largest distance from the mesh

    Returns
    -------
    vertices (N, 3) float64, faces (M, 3) int64
    """
    area, volume = measure_mesh(vertices_nm, faces)
    # A whole number would have the kernel compiled once more.
    limit = min(float(max_error_nm), NM_PER_UM * volume / area) if area else 0.0
    if limit <= 0:
        return vertices_nm, faces
    start = vertices_nm.min(axis=0)  # small numbers keep the quadrics exact
    vertices, faces = np.ascontiguousarray(vertices_nm - start), faces.copy()
    faces = faces[collapse_edges(vertices, faces, limit)]
    used, index = np.unique(faces, return_inverse=True)
    vertices, faces = vertices[used], sort_faces(index.reshape(faces.shape))
    fill(vertices, faces, volume)
    return vertices + start, faces
