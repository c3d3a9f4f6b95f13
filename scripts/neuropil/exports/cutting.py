"""Cut triangle meshes at the planes of a grid, so that no triangle crosses one."""

from __future__ import annotations

import numpy as np


def cut_at_grid(triangles: np.ndarray, spacing: float) -> np.ndarray:
    """Cut triangles at all planes x, y or z = n * spacing, n a whole number.

    Two triangles that share an edge get the same corners where it is cut: no gap opens.

    Parameters
    ----------
    triangles : (N, 3 corners, 3) float64

    Returns
    -------
    (M, 3, 3) float64, M >= N; orientation stays
    """
    for axis in range(3):
        done = []
        while len(triangles):
            low = triangles[..., axis].min(axis=1)
            plane = (np.floor(low / spacing) + 1) * spacing
            plane = np.where(plane <= low, plane + spacing, plane)  # but for rounding
            crosses = triangles[..., axis].max(axis=1) > plane
            done.append(triangles[~crosses])
            below, triangles = split(triangles[crosses], plane[crosses], axis)
            done.append(below)
        triangles = np.concatenate(done) if done else triangles
    return triangles


def split(
    triangles: np.ndarray, planes: np.ndarray, axis: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split triangles that cross a plane, each its own, into those on either side.

    Parameters
    ----------
    triangles : (N, 3, 3)
    planes : (N,), where each is cut along an axis

    Returns
    -------
    those below and those above, (M, 3, 3); without ones that are just a line
    """
    above = triangles[..., axis] > planes[:, None]
    alone_above = above.sum(axis=1) == 1
    # The corner that is alone on its side comes first; the turn keeps the orientation.
    alone = np.argmax(above == alone_above[:, None], axis=1)
    turn = (alone[:, None] + np.arange(3)) % 3
    first, second, third = np.moveaxis(
        np.take_along_axis(triangles, turn[..., None], axis=1), 1, 0
    )
    near = cross(first, second, planes, axis)
    far = cross(first, third, planes, axis)
    tip = np.stack([first, near, far], axis=1)
    rest = np.concatenate(
        [np.stack([near, second, third], axis=1), np.stack([near, third, far], axis=1)]
    )
    twice = np.tile(alone_above, 2)
    below = np.concatenate([tip[~alone_above], rest[twice]])
    return drop_lines(below), drop_lines(
        np.concatenate([tip[alone_above], rest[~twice]])
    )


def cross(
    one: np.ndarray, other: np.ndarray, planes: np.ndarray, axis: int
) -> np.ndarray:
    """Find where edges (N, 3) cross planes (N,), whichever end is named first."""
    swap = (one[:, axis] > other[:, axis])[:, None]
    low, high = np.where(swap, other, one), np.where(swap, one, other)
    span = high[:, axis] - low[:, axis]
    share = (planes - low[:, axis]) / np.where(span == 0, 1, span)
    places = low + share[:, None] * (high - low)
    places[:, axis] = planes
    return places


def drop_lines(triangles: np.ndarray) -> np.ndarray:
    """Drop triangles (N, 3, 3) of which two corners are the same."""
    same = (triangles == np.roll(triangles, 1, axis=1)).all(axis=2).any(axis=1)
    return triangles[~same]
