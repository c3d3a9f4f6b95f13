"""What lies near a synapse on either side: the organelles of both of its cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from neuropil.cells import map_to_cells

POSITION = ["z_nm", "y_nm", "x_nm"]


class Places(NamedTuple):
    """Where synapses lie, in nm: middles (N, 3), and the points (K, 3) of each."""

    middles: np.ndarray
    clouds: list[np.ndarray]


def measure_synapses(
    candidates: pd.DataFrame,
    points: pd.DataFrame,
    organelles: Mapping[str, pd.DataFrame],
    membership: pd.DataFrame,
    voxel_size_nm: Sequence[float],
    radii_nm: Sequence[float],
) -> pd.DataFrame:
    """Measure how much of each organelle both cells of a synapse hold near it.

    Parameters
    ----------
    candidates : synapse, cell_a, cell_b, z_vx, y_vx, x_vx, ...
    points : synapse, z_nm, y_nm, x_nm
    organelles : per organelle its points: object, supervoxel, z_nm, y_nm, x_nm,
        voxel_count
    membership : supervoxel, cell
    voxel_size_nm : (z, y, x)
    radii_nm : distances within which organelles count

    Returns
    -------
    Table of schema ``synapse_features``: per synapse, organelle and radius the objects
    and their volume within the radius of any point of the synapse, and the distance
    from the synapse's middle to the nearest organelle at any distance (NaN if the cell
    holds none). Everything is measured for cell a and for cell b alike: which of them
    is presynaptic is not known here (paper, Synapse-cell association, has the same
    quantities from meshes).
    """
    voxel_um3 = float(np.prod(voxel_size_nm)) * 1e-9
    places = locate(candidates, points, voxel_size_nm)
    radii = np.sort(np.asarray(radii_nm, float))
    parts = [pd.DataFrame(columns=["synapse", "organelle", "radius_nm"])]
    for organelle, table in organelles.items():
        held = table.assign(cell=map_to_cells(table["supervoxel"], membership))
        part = pd.DataFrame(
            {
                "synapse": np.repeat(candidates["synapse"].to_numpy(), len(radii)),
                "organelle": organelle,
                "radius_nm": np.tile(radii, len(candidates)),
            }
        )
        for side in "ab":
            cells = candidates[f"cell_{side}"].to_numpy(np.uint64)
            objects, voxels, nearest = measure_side(cells, places, held, radii)
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
    order = np.argsort(points["synapse"].to_numpy(), kind="stable")
    names = points["synapse"].to_numpy()[order]
    positions = points[POSITION].to_numpy(float)[order]
    wanted = candidates["synapse"].to_numpy()
    first, last = (np.searchsorted(names, wanted, s) for s in ("left", "right"))
    clouds = [positions[a:b] for a, b in zip(first, last)]
    return Places(middles * np.asarray(voxel_size_nm, float), clouds)


def measure_side(
    cells: np.ndarray, places: Places, organelles: pd.DataFrame, radii: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Measure the organelles near synapses in one of the two cells of each.

    Parameters
    ----------
    cells : (N,) uint64, the cell of each synapse to look into
    places : of the synapses
    organelles : object, cell, z_nm, y_nm, x_nm, voxel_count: points of organelles
    radii : (R,) nm, rising

    Returns
    -------
    objects : (N, R) int64, number of objects within each radius
    voxels : (N, R) int64, their voxels within it
    nearest : (N,) nm from the middle to the nearest point of the cell, NaN if none
    """
    objects = np.zeros((len(cells), len(radii)), np.int64)
    voxels = np.zeros_like(objects)
    nearest = np.full(len(cells), np.nan)
    for rows, held in match_cells(cells, organelles):
        positions = held[POSITION].to_numpy(float)
        names, counts = held["object"].to_numpy(), held["voxel_count"].to_numpy()
        tree = KDTree(positions)
        nearest[rows] = tree.query(places.middles[rows])[0]
        for row in rows:
            near = find_near(tree, places.middles[row], places.clouds[row], radii[-1])
            distance = KDTree(places.clouds[row]).query(positions[near])[0]
            for i, radius in enumerate(radii):
                within = near[distance <= radius]
                objects[row, i] = len(np.unique(names[within]))
                voxels[row, i] = counts[within].sum()
    return objects, voxels, nearest


def match_cells(
    cells: np.ndarray, organelles: pd.DataFrame
) -> Iterator[tuple[np.ndarray, pd.DataFrame]]:
    """Yield the synapses (rows) and the organelle points of each cell that has both."""
    held = organelles[np.isin(organelles["cell"], cells)]
    order = np.argsort(cells, kind="stable")
    for cell, part in held.groupby("cell"):
        ends = (
            np.searchsorted(cells[order], np.uint64(cell), s) for s in ("left", "right")
        )
        yield order[slice(*ends)], part


def find_near(
    tree: KDTree, middle: np.ndarray, cloud: np.ndarray, radius: float
) -> np.ndarray:
    """Points of a tree that may lie within a radius of any point of a cloud, rising."""
    extent = np.linalg.norm(cloud - middle, axis=1).max()
    return np.sort(np.array(tree.query_ball_point(middle, extent + radius), np.int64))
