"""Shapes of supervoxels and of the faces between them, from sums over their voxels.

A process that the map parts at a narrow place goes on behind it: both pieces point at
the faces between them. Two that lie side by side touch along their flanks. Moments of
second order tell these apart, and add up over chunks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from neuropil.grid import Box
from neuropil.kernels.moments import add_moments
from neuropil.properties import Walk
from neuropil.schemas.segmentation import (
    PAIR,
    PARTIAL_MOMENTS,
    PRODUCTS,
    SIDES,
)
from neuropil.segmentation.edges import add_up
from neuropil.volumes.base import Volume

SUMS = PARTIAL_MOMENTS.columns[2:]


def extract_moments(supervoxels: Volume, membranes: Volume, walk: Walk) -> pd.DataFrame:
    """Add up where the voxels of a chunk, and the faces that it owns, lie.

    Parameters
    ----------
    supervoxels : volume of uint64
    membranes : uint8 map on the same grid
    walk : calls a function on each block of the chunk (`blocks.map_blocks`)

    Returns
    -------
    `PARTIAL_MOMENTS`
    """

    def extract(block: Box) -> pd.DataFrame:
        box = block.grow(0, 1).intersect(supervoxels.box)
        labels, values = supervoxels.read(box), membranes.read(block)
        ends, table = add_moments(labels, values, block.start, block.shape)
        return pd.DataFrame(ends, columns=PAIR).join(pd.DataFrame(table, columns=SUMS))

    return add_up_moments(table for _, table in walk(extract))


def add_up_moments(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up rows of `PARTIAL_MOMENTS` of the same pair, in any order."""
    return add_up(parts, SUMS)


class Forms:
    """Middles, long axes and spreads of the rows of a table of moments.

    Attributes
    ----------
    count : (N,) int64
    middle : (N, 3) float64, nm
    spread : (N, 3) float64, eigenvalues of the covariance of places in nm², rising
    axis : (N, 3) float64, unit vector along which the spread is largest
    """

    def __init__(self, table: pd.DataFrame, voxel_size_nm: Sequence[float]) -> None:
        half = np.asarray(voxel_size_nm, float) / 2
        self.count = table["count"].to_numpy()
        sums = table[[f"sum_{i}" for i in "zyx"]].to_numpy()
        count = self.count[:, None]
        near = (2 * sums + count) // (2 * count)
        rest = (sums - count * near) / count
        self.middle = (near + rest) * half
        covariance = np.empty((len(table), 3, 3))
        for i, j in (("zyx".index(a), "zyx".index(b)) for a, b in PRODUCTS):
            product = table[f"sum_{'zyx'[i]}{'zyx'[j]}"].to_numpy()
            # About a place nearby, whole numbers that wrapped around are right again.
            product = product - near[:, i] * sums[:, j] - near[:, j] * sums[:, i]
            product += self.count * near[:, i] * near[:, j]
            value = product / self.count - rest[:, i] * rest[:, j]
            covariance[:, i, j] = covariance[:, j, i] = value * half[i] * half[j]
        spread, axes = np.linalg.eigh(covariance)
        self.spread = np.maximum(spread, (2 * half.min()) ** 2 / 12)  # of one voxel
        self.axis = axes[:, :, 2]


def measure_shapes(
    moments: pd.DataFrame, sums: pd.DataFrame, voxel_size_nm: Sequence[float]
) -> pd.DataFrame:
    """Measure how the shapes of both sides of edges and their faces go together.

    Parameters
    ----------
    moments : `PARTIAL_MOMENTS` of the whole dataset, as they are added up
    sums : `PARTIAL_EDGES` of the whole dataset
    voxel_size_nm : (z, y, x)

    Returns
    -------
    Columns of `FEATURES`, a row per edge
    """
    size = np.asarray(voxel_size_nm, float)
    body = (moments[PAIR[0]] == moments[PAIR[1]]).to_numpy()
    bodies, faces = moments[body], sums[PAIR].merge(moments[~body], "left", PAIR)
    forms, met = Forms(bodies, size), Forms(faces, size)
    ends = [np.searchsorted(bodies[PAIR[0]].to_numpy(), sums[name]) for name in PAIR]
    swap = forms.count[ends[0]] > forms.count[ends[1]]
    sides = np.where(swap, *ends[::-1]), np.where(swap, *ends)
    levels = bodies["map_sum"].to_numpy() / forms.count / 255
    per_face = size.prod() / size
    area = sums[[f"faces_{axis}" for axis in "zyx"]].to_numpy() @ per_face
    normal = faces[[f"lean_{axis}" for axis in "zyx"]].to_numpy() * per_face
    columns = measure_meeting(forms, sides, met, normal / area[:, None])
    for name, side, other in zip(SIDES, sides, sides[::-1]):
        of_side = measure_side(forms, (side, other), met, area)
        of_side["map"] = levels[side]
        columns |= {f"{key}_{name}": column for key, column in of_side.items()}
    return pd.DataFrame(columns, sums.index)


def measure_side(
    forms: Forms, sides: Sequence[np.ndarray], met: Forms, area: np.ndarray
) -> dict[str, np.ndarray]:
    """Measure how faces, of an area in nm², lie on one side of edges: `OF_SIDES`.

    ``sides`` are rows of this side and of the other one in ``forms``.
    """
    side, other = sides
    axis, spread = forms.axis[side], forms.spread[side]
    way, length = point(met.middle - forms.middle[side])
    toward, _ = point(forms.middle[other] - forms.middle[side])
    width = np.log(spread[:, 0] * spread[:, 1]) / 2
    return {
        "along": length * align(way, axis) / np.sqrt(spread[:, 2]),
        "distance": length / np.sqrt(spread.sum(axis=1)),
        "aim": align(toward, axis),
        "slender": spread[:, 1] / spread[:, 2],
        "flat": spread[:, 0] / spread[:, 1],
        "width": width,
        "opening": np.log(area) - width,
    }


def measure_meeting(
    forms: Forms, sides: Sequence[np.ndarray], met: Forms, normal: np.ndarray
) -> dict[str, np.ndarray]:
    """Measure how both sides of edges meet at their faces.

    ``normal`` is the mean of the faces' unit normals.
    """
    a, b = sides
    between, apart = point(forms.middle[b] - forms.middle[a])
    before, _ = point(met.middle - forms.middle[a])
    behind, _ = point(forms.middle[b] - met.middle)
    spread = met.spread
    return {
        "parallel": align(forms.axis[a], forms.axis[b]),
        "straight": (before * behind).sum(axis=1),
        "even": np.linalg.norm(normal, axis=1),
        "square": align(normal, between),
        "face_length": np.log(spread[:, 2]),
        "face_width": spread[:, 1] / spread[:, 2],
        "face_depth": spread[:, 0] / spread[:, 2],
        "apart": np.log(apart),
    }


def point(way: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take vectors (N, 3) apart into unit vectors and lengths, at least 1 pm."""
    length = np.maximum(np.linalg.norm(way, axis=1), 1e-3)
    return way / length[:, None], length


def align(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """|cos| of the angles between unit vectors, (N, 3) each."""
    return np.abs((a * b).sum(axis=1))
