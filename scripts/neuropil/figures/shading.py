"""Pictures of meshes: what is nearest is seen, and shaded by the way that it faces.

A plain depth buffer in numpy, so that a picture needs no screen and no driver.
Triangles are sampled more densely than pixels lie; each pixel keeps the nearest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

SPACING = 0.7  # of samples, in pixels: the square of no pixel lies between them
LONGEST = 300  # samples along a side; larger triangles are cut
TOGETHER = 1_000_000  # samples at a time
LIGHT = np.array([-0.8, -0.5, -0.35])  # towards it: to the viewer, up, left
AMBIENT = 0.36
SHARP = 0.6  # cosine between faces below which an edge stays one
STEP_NM = 80.0  # in depth, beyond which an outline is drawn
LINE = 0.45  # brightness of outlines
FINER = 2  # pixels are drawn so much finer, and averaged
NOTHING = np.uint64(2**64 - 1)


class Scene(NamedTuple):
    """Triangles as a camera sees them; axes are depth, down, right.

    Attributes
    ----------
    corners : (N, 3, 3) float, in nm, of each triangle's corners
    normals : (N, 3, 3) float, outwards
    colours : (N, 3) float, sRGB from 0 to 1
    owners : (N,) int, which mesh a triangle is of
    """

    corners: np.ndarray
    normals: np.ndarray
    colours: np.ndarray
    owners: np.ndarray


def turn(tilt_degrees: float, turn_degrees: float) -> np.ndarray:
    """Matrix from z, y, x to depth, down, right of a camera.

    Parameters
    ----------
    tilt_degrees : how far one looks from above; 0 looks along z, straight at sections
    turn_degrees : how far sections are turned in their plane before

    >>> turn(90, 0).round().astype(int).tolist()
    [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
    """
    a, b = np.deg2rad([tilt_degrees, turn_degrees])
    lean = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    spin = [[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]]
    return np.array(lean) @ np.array(spin)


def make_scene(
    meshes: Sequence[tuple[np.ndarray, np.ndarray]],
    colours: np.ndarray,
    camera: np.ndarray,
) -> Scene:
    """Put meshes before a camera.

    Parameters
    ----------
    meshes : vertices (N, 3) in nm along z, y, x, and faces (M, 3), oriented outwards
    colours : (meshes, 3)
    camera : matrix of `turn`
    """
    parts = []
    for number, (vertices, faces) in enumerate(meshes):
        places, faces = np.asarray(vertices, float) @ camera.T, np.asarray(faces, int)
        colour = np.broadcast_to(colours[number], (len(faces), 3))
        owner = np.full(len(faces), number)
        parts.append((places[faces], corner_normals(places, faces), colour, owner))
    return Scene(*map(np.concatenate, zip(*parts)))


def corner_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Find normals (M, 3, 3) of the corners of faces: smooth, but for sharp edges."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    flat = np.cross(b - a, c - a)  # as long as twice the area
    smooth = np.zeros((len(vertices), 3))
    for k in range(3):
        np.add.at(smooth, faces[:, k], flat)
    smooth, flat = as_units(smooth)[faces], as_units(flat)[:, None]
    is_sharp = (smooth * flat).sum(axis=2) < SHARP
    return np.where(is_sharp[..., None], flat, smooth)


def as_units(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) of length 1; those of length 0 stay."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-12)


def render(
    scene: Scene, corner_nm: Sequence[float], shape: tuple[int, int], pixel_nm: float
) -> np.ndarray:
    """Draw a scene; what lies beyond the image is left out.

    Parameters
    ----------
    scene : of `make_scene`
    corner_nm : (down, right) of the image's upper left corner
    shape : rows and columns of the image
    pixel_nm : edge of a pixel

    Returns
    -------
    (rows, columns, 4) float, sRGB and coverage from 0 to 1
    """
    fine, size = tuple(FINER * n for n in shape), pixel_nm / FINER
    origin = np.array([0.0, *corner_nm])
    corners = (scene.corners - origin) / [1.0, size, size]
    seen = find_nearest(corners, fine)
    image = np.zeros((fine[0] * fine[1], 4))
    covered = np.flatnonzero(seen != NOTHING)
    image[covered] = shade(scene, corners, covered, seen[covered], fine[1])
    lines = find_steps(scene, seen, fine)
    image[lines & (seen != NOTHING), :3] *= LINE
    return average(image.reshape(*fine, 4))


def find_nearest(corners: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Depth and number of the nearest triangle, of each pixel.

    Parameters
    ----------
    corners : (N, 3, 3), depth in nm, row and column in pixels

    Returns
    -------
    (rows * columns,) uint64: the depth, in nm from the nearest corner, in the upper 32
    bits, the triangle in the lower ones
    """
    seen = np.full(shape[0] * shape[1], NOTHING)
    if not len(corners):
        return seen
    first = corners[..., 0].min()
    parts, number = split_large(corners)
    steps = count_steps(parts)
    for count in np.unique(steps):
        weights = spread(count)
        group = np.flatnonzero(steps == count)
        for some in np.array_split(group, -(-len(group) * len(weights) // TOGETHER)):
            points = np.einsum("sk,nka->nsa", weights, parts[some])
            row, column = np.floor(points[..., 1:]).astype(int).transpose(2, 0, 1)
            depth = (points[..., 0] - first).round().astype(np.uint64)
            key = (depth << np.uint64(32)) | number[some].astype(np.uint64)[:, None]
            inside = (row >= 0) & (column >= 0) & (row < shape[0]) & (column < shape[1])
            at = (row * shape[1] + column)[inside]
            np.minimum.at(seen, at, key[inside])
    return seen


def count_steps(corners: np.ndarray) -> np.ndarray:
    """Count samples along the longest side of each triangle (N, 3, 3)."""
    sides = np.linalg.norm((corners - np.roll(corners, 1, axis=1))[..., 1:], axis=2)
    return np.ceil(sides.max(axis=1) / SPACING).clip(min=1).astype(int)


def split_large(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut triangles of too many samples into four; parts, and whose they are."""
    number, parts = np.arange(len(corners)), corners
    while (large := count_steps(parts) > LONGEST).any():
        whole, of = parts[large], number[large]
        half = (whole + np.roll(whole, -1, axis=1)) / 2  # of sides 01, 12, 20
        ends = [
            np.stack([whole[:, k], half[:, k], half[:, k - 1]], axis=1)
            for k in range(3)
        ]
        parts = np.concatenate([parts[~large], half, *ends])
        number = np.concatenate([number[~large], *[of] * 4])
    return parts, number


def spread(count: int) -> np.ndarray:
    """Barycentric weights (samples, 3) of points in a triangle, ``count`` a side.

    >>> len(spread(1)), len(spread(3))
    (3, 10)
    """
    a, b = np.divmod(np.arange((count + 1) ** 2), count + 1)
    a, b = a[a + b <= count], b[a + b <= count]
    return np.stack([a, b, count - a - b], axis=1) / count


def shade(
    scene: Scene,
    corners: np.ndarray,
    pixels: np.ndarray,
    seen: np.ndarray,
    columns: int,
) -> np.ndarray:
    """Colours (N, 4) of pixels, by the normal that the surface has in their middle.

    Parameters
    ----------
    scene : of `make_scene`
    corners : (N, 3, 3) of its triangles, depth in nm, row and column in pixels
    pixels : (N,) linear index
    seen : (N,) of `find_nearest`, of these pixels
    columns : of the image
    """
    triangle = (seen & np.uint64(2**32 - 1)).astype(int)
    middle = np.stack(np.divmod(pixels, columns), axis=1) + 0.5
    a, b, c = (corners[triangle, k, 1:] for k in range(3))
    area = cross(b - a, c - a)
    area = np.where(np.abs(area) < 1e-9, np.inf, area)
    second, third = cross(middle - a, c - a) / area, cross(b - a, middle - a) / area
    weights = np.stack([1 - second - third, second, third], axis=1).clip(0, 1)
    normals = as_units(np.einsum("nk,nka->na", weights, scene.normals[triangle]))
    towards = (normals @ as_units(LIGHT)).clip(0)
    light = AMBIENT + (1 - AMBIENT) * towards
    colours = scene.colours[triangle] * light[:, None]
    return np.column_stack([colours, np.ones(len(colours))])


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Twice the signed area (N,) between vectors (N, 2)."""
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def find_steps(scene: Scene, seen: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Mark pixels beside which another mesh, or a surface far behind, is seen."""
    seen = seen.reshape(shape)
    depth = (seen >> np.uint64(32)).astype(np.int64)
    number = (seen & np.uint64(2**32 - 1)).astype(np.int64)
    owners = np.append(scene.owners, -1)
    owner = owners[np.where(seen == NOTHING, len(scene.owners), number)]
    steps = np.zeros(shape, bool)
    for axis in (0, 1):
        low, high = ((slice(None),) * axis + (s,) for s in (np.s_[:-1], np.s_[1:]))
        other = (owner[low] != owner[high]) | (
            np.abs(depth[low] - depth[high]) > STEP_NM
        )
        nearer = depth[low] <= depth[high]
        steps[low] |= other & nearer
        steps[high] |= other & ~nearer
    return steps.ravel()


def average(image: np.ndarray) -> np.ndarray:
    """Mean of each square of fine pixels; colours count by their coverage."""
    rows, columns = (n // FINER for n in image.shape[:2])
    image = image * np.where(np.arange(4) < 3, image[..., 3:], 1)
    image = image.reshape(rows, FINER, columns, FINER, 4).mean(axis=(1, 3))
    image[..., :3] /= image[..., 3:].clip(1e-9)
    return image.clip(0, 1)
