"""What lies near a synapse on either side: the organelles of both of its cells."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from neuropil.partitions import ROWS
from neuropil.schemas.synapses import SYNAPSE_FEATURES
from neuropil.synapses.by_cell import POSITION, Scene, sort_by_cells

AT = ["synapse", "cell_a", "cell_b", "z_vx", "y_vx", "x_vx"]  # read of candidates


class Places(NamedTuple):
    """Where synapses lie, in nm.

    Attributes
    ----------
    middles : (N, 3)
    clouds : the points (K, 3) of each
    extents : (N,), how far from its middle each has points
    """

    middles: np.ndarray
    clouds: list[np.ndarray]
    extents: np.ndarray


class Held(NamedTuple):
    """Points of organelles: positions (M, 3) in nm, objects (M,), voxel_counts (M,)."""

    positions: np.ndarray
    objects: np.ndarray
    voxel_counts: np.ndarray

    def select(self, rows: slice | list[int]) -> Held:
        """Keep some of the points."""
        return Held(*(column[rows] for column in self))


class Near(NamedTuple):
    """What of one organelle lies near each synapse, in one of its cells.

    Attributes
    ----------
    objects : (N, R) int64, number of objects within each radius
    voxels : (N, R) int64, their voxels within it
    nearest : (N,) nm from the middle to the nearest point of the cell, NaN if none
    """

    objects: np.ndarray
    voxels: np.ndarray
    nearest: np.ndarray

    @classmethod
    def nothing(cls, count: int, radii: int) -> Near:
        """Of some synapses, none of which has an organelle in its cell."""
        zeros = (np.zeros((count, radii), np.int64) for _ in range(2))
        return cls(*zeros, np.full(count, np.nan))

    def set(self, rows: np.ndarray, part: Near) -> None:
        """Take what was found of some of the synapses."""
        for column, values in zip(self, part):
            column[rows] = values


def measure_synapses(
    candidates: pd.DataFrame,
    scene: Scene,
    voxel_size_nm: Sequence[float],
    radii_nm: Sequence[float],
    folder: str | os.PathLike,
    rows: int = ROWS,
) -> Iterator[pd.DataFrame]:
    """Measure how much of each organelle both cells of a synapse hold near it.

    In memory are the candidates, a few numbers for each of them, and the points of a
    range of cells.

    Parameters
    ----------
    candidates : synapse, cell_a, cell_b, z_vx, y_vx, x_vx; sorted by synapse
    scene : the points of synapses and organelles
    voxel_size_nm : (z, y, x)
    radii_nm : distances within which organelles count
    folder : for files of more points than are held; they are gone when all is read
    rows : of a part, about

    Yields
    ------
    Parts of the table of schema ``synapse_features``: per synapse, organelle and radius
    the objects and their volume within the radius of any point of the synapse, and the
    distance from the synapse's middle to the nearest organelle at any distance (NaN if
    the cell holds none). Everything is measured for cell a and for cell b alike: which
    of them is presynaptic is not known here (paper, Synapse-cell association, has the
    same quantities from meshes).
    """
    radii = np.sort(np.asarray(radii_nm, float))
    synapses, size = candidates["synapse"].to_numpy(), (len(candidates), len(radii))
    found = {
        key: Near.nothing(*size) for key in itertools.product(scene.organelles, "ab")
    }
    for a, b, *held in sort_by_cells(candidates, scene, folder, rows):
        for side, own in (("a", a), ("b", b)):
            at = np.searchsorted(synapses, np.unique(own["synapse"]))
            shown = candidates.iloc[at]
            places = locate(shown, own, voxel_size_nm)
            cells = shown[f"cell_{side}"].to_numpy(np.uint64)
            for name, table in zip(scene.organelles, held):
                near = measure_side(cells, places, table, radii)
                found[name, side].set(at, near)
    if not found:
        yield pd.DataFrame(columns=SYNAPSE_FEATURES.columns)
        return
    step = max(1, rows // len(radii))
    for start in range(0, max(len(candidates), 1), step):
        some = slice(start, start + step)
        part = {key: Near(*(c[some] for c in near)) for key, near in found.items()}
        yield list_features(synapses[some], part, radii, voxel_size_nm)


def list_features(
    synapses: np.ndarray,
    found: Mapping[tuple[str, str], Near],
    radii: np.ndarray,
    voxel_size_nm: Sequence[float],
) -> pd.DataFrame:
    """List what was found of some synapses, by organelle and side, row by row."""
    voxel_um3 = float(np.prod(voxel_size_nm)) * 1e-9
    parts = []
    for name in dict.fromkeys(name for name, _ in found):
        part = pd.DataFrame(
            {
                "synapse": np.repeat(synapses, len(radii)),
                "organelle": name,
                "radius_nm": np.tile(radii, len(synapses)),
            }
        )
        for side in "ab":
            objects, voxels, nearest = found[name, side]
            part[f"object_count_{side}"] = objects.ravel()
            part[f"volume_{side}_um3"] = voxels.ravel() * voxel_um3
            part[f"nearest_{side}_nm"] = np.repeat(nearest, len(radii))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def locate(
    candidates: pd.DataFrame, points: pd.DataFrame, voxel_size_nm: Sequence[float]
) -> Places:
    """Find the middle and the points of each candidate, in the table's order."""
    middles = candidates[["z_vx", "y_vx", "x_vx"]].to_numpy() + 0.5
    middles = middles * np.asarray(voxel_size_nm, float)
    order = np.argsort(points["synapse"].to_numpy(), kind="stable")
    names = points["synapse"].to_numpy()[order]
    positions = points[POSITION].to_numpy(float)[order]
    wanted = candidates["synapse"].to_numpy()
    clouds = [positions[a:b] for a, b in find_ranges(names, wanted)]
    extents = [
        np.linalg.norm(cloud - middle, axis=1).max()
        for cloud, middle in zip(clouds, middles)
    ]
    return Places(middles, clouds, np.array(extents, float))


def measure_side(
    cells: np.ndarray, places: Places, organelles: pd.DataFrame, radii: np.ndarray
) -> Near:
    """Measure the organelles near synapses in one of the two cells of each.

    Parameters
    ----------
    cells : (N,) uint64, the cell of each synapse to look into
    places : of the synapses
    organelles : object, cell, z_nm, y_nm, x_nm, voxel_count: points of organelles
    radii : (R,) nm, rising
    """
    out = Near.nothing(len(cells), len(radii))
    for rows, held in match_cells(cells, organelles):
        tree, middles = KDTree(held.positions), places.middles[rows]
        out.nearest[rows] = tree.query(middles)[0]
        reach = places.extents[rows] + radii[-1]
        near = tree.query_ball_point(middles, reach, return_sorted=True)
        for row, found in zip(rows, near):
            if found:
                part = held.select(found)
                distance = cdist(part.positions, places.clouds[row]).min(axis=1)
                out.objects[row], out.voxels[row] = count_within(part, distance, radii)
    return out


def match_cells(
    cells: np.ndarray, organelles: pd.DataFrame
) -> Iterator[tuple[np.ndarray, Held]]:
    """Yield the synapses (rows) and the organelle points of each cell that has both."""
    held = organelles[np.isin(organelles["cell"], cells)].sort_values(
        "cell", kind="stable"
    )
    order = np.argsort(cells, kind="stable")
    owners = held["cell"].to_numpy(np.uint64)
    points = Held(
        *(held[POSITION].to_numpy(float), held["object"].to_numpy()),
        held["voxel_count"].to_numpy(),
    )
    names = np.unique(owners)
    rows = find_ranges(cells[order], names)
    for first, (low, high) in zip(rows, find_ranges(owners, names)):
        yield order[slice(*first)], points.select(slice(low, high))


def find_ranges(ascending: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where (N, 2) runs of wanted values start and stop in an ascending array."""
    ends = [np.searchsorted(ascending, wanted, side) for side in ("left", "right")]
    return np.stack(ends, axis=1)


def count_within(
    held: Held, distance: np.ndarray, radii: np.ndarray
) -> tuple[list[int], list[int]]:
    """Count objects and voxels of points within each radius, by their distances."""
    objects, voxels = [], []
    for radius in radii:
        within = distance <= radius
        objects.append(len(np.unique(held.objects[within])))
        voxels.append(held.voxel_counts[within].sum())
    return objects, voxels
