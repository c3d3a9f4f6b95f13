"""What differs from section to section: shift, focus, brightness, damage.

A section is one z plane of voxels. All is a function of the seed and the plane's global
number, so that every chunk sees the same section.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neuropil.grid import Box
from neuropil.phantom.noise import derive_seed, normal, smooth_noise, uniform

SHIFT_LIMIT = 2.5  # SDs at which the lateral shift of a section is cut off
FOLD_NM = 4500.0  # distance between two folds of a damaged section
FOCUS_SPREAD = 0.12  # relative SD of the lateral blur from section to section


class Sections(NamedTuple):
    """Properties of consecutive sections, one array element (or row) per section."""

    first: int
    shift_nm: np.ndarray
    focus: np.ndarray
    gain: np.ndarray
    offset: np.ndarray
    damaged: np.ndarray


def describe_sections(box: Box, depth: tuple[int, float], tissue) -> Sections:
    """Draw the properties of a box's sections.

    Parameters
    ----------
    box : its z range is wanted
    depth : number of sections of the whole dataset, and nm between two of them
    tissue : `Tissue`; its seed and the section ``image`` of its settings are read
    """
    image = tissue.settings["image"]
    style = image["styles"][image["style"]]
    number = np.arange(box.start[0], box.stop[0])
    draw = [normal(number, derive_seed(tissue.seed, "section", i)) for i in range(5)]
    shift = np.stack(draw[:2], axis=1).clip(-SHIFT_LIMIT, SHIFT_LIMIT)
    return Sections(
        first=box.start[0],
        shift_nm=shift * style["jitter_nm"],
        focus=1 + FOCUS_SPREAD * draw[2],
        gain=1 + style["flicker"] * draw[3],
        offset=style["flicker"] * draw[4],
        damaged=is_damaged(number, depth, image["damaged_every_nm"], tissue.seed),
    )


def is_damaged(
    number: np.ndarray, depth: tuple[int, float], every_nm: float, seed: int
) -> np.ndarray:
    """Tell which sections are damaged: one at a random place of each period.

    Parameters
    ----------
    number : (n,) int64, global section numbers
    depth : number of sections of the dataset, and nm between two of them. A period is
        at most as long as the dataset, so that each has a damaged section.
    every_nm : the period; 0 is never
    """
    if every_nm <= 0:
        return np.zeros(len(number), bool)
    count, spacing_nm = depth
    period = max(1, min(count, round(every_nm / spacing_nm)))
    turn = number // period
    place = np.floor(uniform(turn, derive_seed(seed, "damage")) * period)
    return number - turn * period == place


def lateral_taps(
    sections: Sections, axis: int, sigma_nm: float, size_nm: float, radius: int
) -> np.ndarray:
    """Taps (Z, 2 * radius + 1) float32 that blur and shift each section along an axis.

    ``axis`` is 0 for y and 1 for x.
    """
    steps = np.arange(-radius, radius + 1) * size_nm
    sigma = np.maximum(sigma_nm * sections.focus, 0.35 * size_nm)
    away = (steps[None] - sections.shift_nm[:, axis, None]) / sigma[:, None]
    return normalised_profile(away)


def normalised_profile(away: np.ndarray) -> np.ndarray:
    """Gaussian of ``away`` (in SDs) whose rows add up to 1, float32.

    The exponential is taken number by number: vector code may round the last bit
    differently with the length of the array.
    """
    weight = np.vectorize(math.exp, otypes=[float])(-0.5 * away * away)
    return (weight / weight.sum(axis=-1, keepdims=True)).astype(np.float32)


def damage(
    grey: np.ndarray, box: Box, voxel_size_nm: Sequence[float], seed: int
) -> np.ndarray:
    """Give a damaged section's greys (1, Y, X): pale, stained, with folds across.

    ``box`` holds the section; folds run across a random direction.
    """
    key = derive_seed(seed, "damage", box.start[0])
    blots = smooth_noise(box, voxel_size_nm, 250.0, key)
    edge = smooth_noise(box, voxel_size_nm, 35.0, derive_seed(seed, "edge"))
    angle = 2 * math.pi * float(uniform(box.start[0], key))
    y = (np.arange(box.start[1], box.stop[1]) + 0.5)[:, None] * voxel_size_nm[1]
    x = (np.arange(box.start[2], box.stop[2]) + 0.5)[None] * voxel_size_nm[2]
    along = math.cos(angle) * y + math.sin(angle) * x + 90.0 * blots[0] + 6.0 * edge[0]
    fold = np.abs(along / FOLD_NM - np.floor(along / FOLD_NM) - 0.5) * FOLD_NM
    pale = 0.53 + 0.5 * (grey - 0.53)
    stained = pale - 0.22 * np.clip(blots - 0.9 + 0.1 * edge, 0, 1)
    shadow = 0.5 * np.clip((60.0 - fold) / 35.0, 0, 1)
    return (stained - shadow[None] * (stained - 0.08) * 1.6).astype(np.float32)
