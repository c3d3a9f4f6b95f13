"""Paint labels over grey images."""

from __future__ import annotations

import numpy as np


def blend(image: np.ndarray, mask: np.ndarray, colour, alpha: float) -> np.ndarray:
    """Lay a colour over the masked pixels of an RGB image.

    Parameters
    ----------
    image : (rows, columns, 3) float
    mask : (rows, columns) bool
    colour : (3,), or one per pixel
    alpha : 0 leaves the image, 1 covers it
    """
    mixed = image * (1 - alpha) + np.asarray(colour) * alpha
    return np.where(mask[..., None], mixed, image)


def find_borders(labels: np.ndarray) -> np.ndarray:
    """Mark pixels whose lower or right neighbour has another label: thin lines."""
    borders = np.zeros(labels.shape, bool)
    borders[:-1] |= labels[:-1] != labels[1:]
    borders[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    return borders


def find_rims(labels: np.ndarray, width: int = 1) -> np.ndarray:
    """Mark the outer pixels of each object, up to ``width`` pixels deep.

    The border of the image is no rim: objects may go on behind it.
    """
    rims = np.zeros(labels.shape, bool)
    for step in range(1, width + 1):
        for a, b in (
            ((slice(step, None),), (slice(None, -step),)),
            ((slice(None), slice(step, None)), (slice(None), slice(None, -step))),
        ):
            differs = labels[a] != labels[b]
            rims[a] |= differs
            rims[b] |= differs
    return rims & (labels != 0)


def stretch(grey: np.ndarray, low: float = 0.5, high: float = 99.5) -> np.ndarray:
    """Map grey values to 0 ... 1 between two of their percentiles."""
    ends = np.percentile(grey, (low, high))
    return ((grey - ends[0]) / max(ends[1] - ends[0], 1)).clip(0, 1)
