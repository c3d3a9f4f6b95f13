"""Area, volume and closedness of triangle meshes.

Coordinates are z, y, x. A mesh is oriented outwards if corners run counter-clockwise
as seen from outside, with z, y, x taken as a right-handed system, so that its volume is
positive. An export to x, y, z mirrors space: it must reverse the corners.
"""

from __future__ import annotations

import numpy as np

from neuropil.kernels.meshes import measure

NM2_PER_UM2 = 1e6
NM3_PER_UM3 = 1e9


def measure_mesh(vertices_nm: np.ndarray, faces: np.ndarray) -> tuple[float, float]:
    """Area in µm² and volume in µm³ of a mesh: vertices (N, 3) in nm, faces (M, 3).

    The volume is what a closed mesh encloses; negative if the mesh is inside out.
    """
    arrays = (
        np.ascontiguousarray(vertices_nm, float),
        np.ascontiguousarray(faces, int),
    )
    area, volume = measure(*arrays)
    return area / NM2_PER_UM2, volume / NM3_PER_UM3


def mesh_area(vertices_nm: np.ndarray, faces: np.ndarray) -> float:
    """Area in µm² of a mesh.

    >>> square = np.array([[0, 0, 0], [0, 0, 1000], [0, 1000, 0], [0, 1000, 1000]])
    >>> mesh_area(square, np.array([[0, 1, 2], [1, 3, 2]]))
    1.0
    """
    return measure_mesh(vertices_nm, faces)[0]


def mesh_volume(vertices_nm: np.ndarray, faces: np.ndarray) -> float:
    """Volume in µm³ that a closed mesh encloses; negative if it is inside out."""
    return measure_mesh(vertices_nm, faces)[1]


def is_closed(faces: np.ndarray) -> bool:
    """Tell whether faces (M, 3) meet others, of the same orientation, at every edge."""
    first = np.asarray(faces, np.int64)
    after = np.roll(first, -1, axis=1)
    scale = first.max(initial=0) + 1
    ways = (first * scale + after).ravel(), (after * scale + first).ravel()
    return bool(np.array_equal(*map(np.sort, ways)))
