"""What is measured of candidates of synapses as evidence for classifiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.cells import map_to_cells
from neuropil.storage import read_table
from neuropil.surface import DIRECTIONS, crofton_area
from neuropil.synapses.features import POSITION, find_ranges

CELLS = ["cell_a", "cell_b"]
LEAST_TERM = 1e-6  # terms of a paraboloid that points tell so badly are left open
Columns = tuple[np.ndarray, ...]


class Sources(NamedTuple):
    """What is known about candidates; all tables of a dataset, not of a chunk.

    Attributes
    ----------
    candidates, points, features, direction : tables of schemas ``synapse_candidates``,
        ``synapse_points``, ``synapse_features``, ``synapse_direction`` (by the rule)
    pairs : table of schema ``pairs``, the contacts of cells
    supervoxels, membership : supervoxel and voxel_count; supervoxel and cell
    voxel_size_nm : (z, y, x)
    """

    candidates: pd.DataFrame
    points: pd.DataFrame
    features: pd.DataFrame
    direction: pd.DataFrame
    pairs: pd.DataFrame
    supervoxels: pd.DataFrame
    membership: pd.DataFrame
    voxel_size_nm: Sequence[float]

    @classmethod
    def read(cls, files: Mapping[str, str], voxel_size_nm: Sequence[float]) -> Sources:
        """Read all tables; files by the names above."""
        names = [name for name in cls._fields if name != "voxel_size_nm"]
        return cls(*(read_table(files[name]) for name in names), voxel_size_nm)

    @property
    def voxel_um3(self) -> float:
        """Volume of a voxel."""
        return float(np.prod(self.voxel_size_nm)) * 1e-9

    @property
    def by_rule(self) -> np.ndarray:
        """Probability (N,) by the rule that cell a is presynaptic."""
        p = self.direction.set_index("synapse")["p_first_is_pre"]
        return p.reindex(self.candidates["synapse"]).to_numpy()

    def column(self, name: str) -> np.ndarray:
        """Take a column of the candidates as decimal numbers."""
        return self.candidates[name].to_numpy(float)

    def cells(self, side: str) -> np.ndarray:
        """Cells (N,) uint64 of a side."""
        return self.candidates[f"cell_{side}"].to_numpy(np.uint64)


def measure_area(sources: Sources, side: str) -> Columns:
    """Area (N,) in µm² that a side shows, by lines."""
    names = [f"crossings_{side}_{d}" for d in DIRECTIONS]
    lines = sources.candidates[names].to_numpy()
    return (crofton_area(lines, sources.voxel_size_nm),)


def measure_size(sources: Sources) -> Columns:
    """Volume (µm³); area (µm²) of the side that shows more; their ratio (nm)."""
    volume = sources.column("voxel_count") * sources.voxel_um3
    area = np.maximum(*(measure_area(sources, side)[0] for side in "ab"))
    thickness = np.divide(
        1000 * volume, area, out=np.full(len(area), np.nan), where=area > 0
    )
    return volume, area, thickness


def measure_junction(sources: Sources) -> Columns:
    """Share of its junction that a synapse holds; junctions; mean of their map."""
    mean = sources.column("sj_sum") / (255 * sources.column("voxel_count"))
    return *(sources.column(f"junction_{n}") for n in ("share", "count")), mean


def measure_types(sources: Sources) -> Columns:
    """Shares of voxels of symmetric, asymmetric and any type; sym / (sym + asym)."""
    voxels = sources.column("voxel_count")
    shares = (
        sources.column(f"{kind}_count") / voxels for kind in ("sym", "asym", "typed")
    )
    return *shares, sources.column("sym_ratio")


def measure_contact(sources: Sources) -> Columns:
    """All contact of both cells (µm²); the synapse's area over it; further candidates.

    NaN where the cells have no contact.
    """
    found = sources.candidates[CELLS].merge(sources.pairs, on=CELLS, how="left")
    contact = found["area_um2"].to_numpy(float)
    rivals = sources.candidates.groupby(CELLS)["synapse"].transform("size")
    area = measure_size(sources)[1]
    share = np.divide(area, contact, out=np.full(len(area), np.nan), where=contact > 0)
    return contact, share, rivals.to_numpy(float) - 1


def measure_shape(sources: Sources) -> Columns:
    """SD (nm) along the three main axes, largest first; curvature (1/µm).

    The curvature is the root of the sum of the squares of both main curvatures of the
    paraboloid through the points of a synapse; 0 for fewer than 7 points.
    """
    points = sources.points.sort_values("synapse", kind="stable")
    places = points[POSITION].to_numpy(float)
    wanted = sources.candidates["synapse"].to_numpy()
    runs = find_ranges(points["synapse"].to_numpy(), wanted)
    out = [describe_cloud(places[low:high]) for low, high in runs]
    return tuple(np.array(out).reshape(-1, 4).T)


def describe_cloud(places_nm: np.ndarray) -> list[float]:
    """Three SDs (nm) and a curvature (1/µm) of points (K, 3)."""
    cloud = places_nm - places_nm.mean(axis=0)
    _, lengths, axes = np.linalg.svd(cloud, full_matrices=False)
    spread = np.zeros(3)
    spread[: len(lengths)] = lengths / np.sqrt(len(cloud))
    if len(cloud) < 7:
        return [*spread, 0.0]
    u, v, height = (cloud @ axes.T).T / 1000
    terms = np.stack([u * u, u * v, v * v, u, v, np.ones(len(u))], axis=1)
    uu, uv, vv = np.linalg.lstsq(terms, height, rcond=LEAST_TERM)[0][:3]
    return [*spread, float(np.sqrt(4 * (uu * uu + vv * vv) + 2 * uv * uv))]


def measure_cell(sources: Sources, side: str) -> Columns:
    """Volume (µm³) of the cell of a side."""
    cells = map_to_cells(sources.supervoxels["supervoxel"], sources.membership)
    voxels = pd.Series(sources.supervoxels["voxel_count"].to_numpy(np.int64))
    total = voxels.groupby(cells).sum().reindex(sources.cells(side))
    return (total.to_numpy(float) * sources.voxel_um3,)


def measure_role(sources: Sources, side: str) -> Columns:
    """Other candidates of the cell of a side; the cell's role in them.

    The role is how much the cell looks presynaptic there by the rule, from -1 to 1:
    the mean of 2 p - 1 over them, with one open case added.
    """
    lean = 2 * sources.by_rule - 1
    # Row by row, so that a cell's sum does not depend on which side it is on.
    cells = np.stack([sources.cells("a"), sources.cells("b")], axis=1)
    leans = np.stack([lean, -lean], axis=1)
    names, of = np.unique(cells, return_inverse=True)
    total = np.bincount(of.ravel(), leans.ravel(), len(names))
    others = np.bincount(of.ravel(), minlength=len(names)) - 1
    at = "ab".index(side)
    of, own = of.reshape(cells.shape)[:, at], leans[:, at]
    return others[of].astype(float), (total[of] - own) / (others[of] + 1)


def measure_near(
    sources: Sources, side: str, organelle: str, radii_nm: Sequence[float]
) -> Columns:
    """Objects and volume (µm³) of an organelle per radius; distance (nm) to one."""
    table = sources.features[sources.features["organelle"] == organelle]
    wanted = sources.candidates["synapse"].to_numpy()
    columns = []
    for radius in radii_nm:
        part = table[table["radius_nm"] == radius].set_index("synapse").reindex(wanted)
        for name in (f"object_count_{side}", f"volume_{side}_um3"):
            columns.append(part[name].to_numpy(float))
    nearest = table.drop_duplicates("synapse").set_index("synapse")
    return *columns, nearest[f"nearest_{side}_nm"].reindex(wanted).to_numpy(float)
