"""The voxel steps as one would write them with scipy and scikit-image alone.

Each works on a whole volume in memory and gives what the library gives, so that both
can be compared as well as timed.
"""

import numpy as np
import pandas as pd
from scipy import ndimage
from skimage.measure import label
from skimage.segmentation import watershed

from neuropil.morphology import Lattice

CROSS = ndimage.generate_binary_structure(3, 1)


def find_boundaries(labels: np.ndarray) -> np.ndarray:
    """Voxels (bool) with an id that have a face neighbour without it."""
    low = ndimage.minimum_filter(labels, footprint=CROSS, mode="nearest")
    high = ndimage.maximum_filter(labels, footprint=CROSS, mode="nearest")
    return (labels != 0) & (low != high)


def pair_boundaries(labels: np.ndarray, radius: tuple[int, int, int]) -> np.ndarray:
    """Pair every boundary voxel with the other id that its window holds most of.

    Parameters
    ----------
    labels : (Z, Y, X) int32, numbered 1..K, 0 is background

    Returns
    -------
    (Z, Y, X) uint64, ``smaller id << 32 | larger id``, 0 if there is none
    """
    most = np.zeros(labels.shape, np.int32)
    partner = np.zeros(labels.shape, labels.dtype)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        around = grow(box, radius, labels.shape)
        counts = (labels[around] == number).astype(np.int32)
        for axis, r in enumerate(radius):
            counts = ndimage.convolve1d(
                counts, np.ones(2 * r + 1), axis, mode="constant"
            )
        wins = (counts > most[around]) & (labels[around] != number)
        most[around][wins] = counts[wins]
        partner[around][wins] = number
    first, second = np.minimum(labels, partner), np.maximum(labels, partner)
    pairs = first.astype(np.uint64) << np.uint64(32) | second.astype(np.uint64)
    return np.where(find_boundaries(labels) & (partner > 0), pairs, np.uint64(0))


def grow(box: tuple, by: tuple, shape: tuple) -> tuple:
    """Slices of a box and a margin, cut at the volume's ends."""
    return tuple(
        slice(max(0, s.start - r), min(n, s.stop + r))
        for s, r, n in zip(box, by, shape)
    )


def along(step: np.ndarray) -> np.ndarray:
    """Cross of face neighbours along the axes that a step grows along."""
    cross = np.zeros((3, 3, 3), bool)
    for axis, grows in enumerate(step):
        index = [1, 1, 1]
        index[axis] = slice(None) if grows else 1
        cross[tuple(index)] = True
    return cross


def close_sites(
    pairs: np.ndarray, closing: np.ndarray, dilation: np.ndarray
) -> np.ndarray:
    """Close and dilate the voxels of every pair, each in its own box.

    Parameters
    ----------
    pairs : (Z, Y, X) int32, numbered 1..K
    closing, dilation : (N, 3), (M, 3), axes that each step grows along
    """
    pad = [int(n) for n in closing.sum(axis=0) + dilation.sum(axis=0) + 1]
    padded = np.pad(pairs, [(n, n) for n in pad])
    closed = padded.copy()
    for number, box in enumerate(ndimage.find_objects(padded), start=1):
        around = grow(box, pad, padded.shape)
        mask = padded[around] == number
        for step in closing:
            mask = ndimage.binary_dilation(mask, along(step))
        for step in closing:
            mask = ndimage.binary_erosion(mask, along(step))
        for step in dilation:
            mask = ndimage.binary_dilation(mask, along(step))
        free = mask & (closed[around] == 0)
        closed[around][free] = number
    return closed[tuple(slice(n, -n) for n in pad)]


def label_sites(pairs: np.ndarray) -> np.ndarray:
    """26-connected components of equal numbers, numbered by their first voxel."""
    return label(pairs, connectivity=3, background=0)


def ball(voxel_size_nm: tuple, radius_nm: float) -> np.ndarray:
    """Voxels whose centre is at most a radius away (bool)."""
    lattice = Lattice.of(voxel_size_nm)
    square = lattice.squared(radius_nm)
    reach = lattice.reach(square)
    offsets = np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij")
    return sum((o * s) ** 2 for o, s in zip(offsets, lattice.steps)) <= square


def label_organelles(
    values: np.ndarray, settings: dict, voxel_size_nm: tuple
) -> np.ndarray:
    """Threshold, opening, closing, seeds, distance transform, watershed.

    Parameters
    ----------
    values : (Z, Y, X) uint8
    settings : the organelle's entry in the config
    """
    opening, closing = (
        ball(voxel_size_nm, settings[f"{name}_nm"]) for name in ("opening", "closing")
    )
    mask = values > 255 * settings["threshold"]
    mask = ndimage.binary_dilation(erode(mask, opening), opening)
    mask = erode(ndimage.binary_dilation(mask, closing), closing)
    depth = ndimage.distance_transform_edt(mask, voxel_size_nm)
    seeds = label(depth > settings["erosion_nm"], connectivity=1)
    seeds = keep_large(seeds, settings["min_seed_vx"])
    return keep_large(watershed(-depth, seeds, mask=mask), settings["min_size_vx"])


def erode(mask: np.ndarray, element: np.ndarray) -> np.ndarray:
    """Erosion that what lies beyond the volume does not take part in."""
    return ndimage.binary_erosion(mask, element, border_value=1)


def keep_large(labels: np.ndarray, min_size: int) -> np.ndarray:
    """Drop objects of fewer voxels."""
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.where(sizes[labels] >= min_size, labels, 0)


def measure_properties(labels: np.ndarray) -> pd.DataFrame:
    """Voxel count and bounding box of every id, sorted by id.

    Parameters
    ----------
    labels : (Z, Y, X) int32, numbered 1..K
    """
    counts = np.bincount(labels.ravel())
    boxes = ndimage.find_objects(labels)
    rows = [
        (number, counts[number], *(s.start for s in box), *(s.stop for s in box))
        for number, box in enumerate(boxes, start=1)
        if box is not None
    ]
    bounds = [f"{end}_{axis}_vx" for end in ("start", "stop") for axis in "zyx"]
    return pd.DataFrame(rows, columns=["number", "voxel_count", *bounds])


def count_overlaps(objects: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Voxels that objects and labels share, a row per pair, sorted."""
    inside = objects > 0
    frame = pd.DataFrame({"object": objects[inside], "label": labels[inside]})
    return frame.groupby(["object", "label"], as_index=False).agg(
        voxel_count=("object", "size")
    )
