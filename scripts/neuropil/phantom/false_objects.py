"""Places of objects that a network would see though there are none.

Candidates are random voxels of the whole volume, taken in order until as many as wanted
fit. Each is judged by the fields of a small box around it, so that the result does not
depend on chunks and costs nothing beside rendering.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.grid import Box
from neuropil.phantom.fields import Fields
from neuropil.phantom.noise import derive_seed, uniform
from neuropil.phantom.tissue import Tissue
from neuropil.schemas.phantom_maps import FALSE_OBJECTS

TRIES = 60  # candidates per object wanted, before giving up
SEARCH_NM = 250.0  # how far around a candidate a junction looks for an interface
CLOSE_NM = 12.0  # a junction's centre lies this near to the middle of an interface
CLEAR_NM = 80.0  # and so far from true junctions, beyond its own radius

FieldsOf = Callable[[Box], Fields]


class Site(NamedTuple):
    """Where a false object fits: voxel (z, y, x) and the cells at its place."""

    voxel: np.ndarray
    cell: int
    other: int


def place_false_objects(tissue: Tissue, fields_of: FieldsOf) -> pd.DataFrame:
    """Choose the false objects of all maps.

    Parameters
    ----------
    tissue : the rates are ``maps.<role>.added`` in its settings, shares of the number
        of true objects
    fields_of : gives the `Fields` of a box

    Returns
    -------
    Table `FALSE_OBJECTS`.
    """
    rows = []
    for role, radii in true_radii(tissue).items():
        wanted = round(tissue.settings["maps"][role]["added"] * len(radii))
        rows += fill_role(role, wanted, radii, tissue, fields_of)
    return pd.DataFrame(rows, columns=FALSE_OBJECTS.columns)


def true_radii(tissue: Tissue) -> dict[str, np.ndarray]:
    """Radii (nm) of the true objects of each role, to draw from."""
    radii = {"sj": tissue.synapses["radius_nm"].to_numpy(float)}
    for role in ("vc", "mi"):
        table = tissue.organelles[tissue.organelles["organelle"] == role]
        radii[role] = table.groupby("object")["radius_nm"].max().to_numpy(float)
    return radii


def fill_role(
    role: str, wanted: int, radii: np.ndarray, tissue: Tissue, fields_of: FieldsOf
) -> list[tuple]:
    """Rows of `FALSE_OBJECTS` of one role: the first candidates that fit."""
    rows = []
    seeds = [derive_seed(tissue.seed, "false", role, i) for i in range(5)]
    for candidate in range(TRIES * wanted):
        if len(rows) == wanted:
            break
        draw = [float(uniform(candidate, seed)) for seed in seeds]
        radius = float(radii[int(draw[3] * len(radii))])
        voxel = np.floor(np.multiply(draw[:3], tissue.shape_vx)).astype(int)
        site = find_site(role, voxel, radius, tissue, fields_of)
        if site is not None:
            centre = (site.voxel + 0.5) * tissue.voxel_size_nm
            share = round(draw[4], 3) if role == "sj" else 0.0
            rows.append(
                (role, len(rows) + 1, *centre, radius, site.cell, site.other, share)
            )
    return rows


def find_site(
    role: str, voxel: np.ndarray, radius_nm: float, tissue: Tissue, fields_of: FieldsOf
) -> Site | None:
    """Judge one candidate: None, or the place where the object fits."""
    size = tissue.voxel_size_nm
    around = SEARCH_NM if role == "sj" else radius_nm
    reach = tuple(int(n) for n in np.ceil(around / size))
    box = Box.of((1, 1, 1), tuple(int(v) for v in voxel)).grow(reach)
    inside = box.intersect(Box.of(tissue.shape_vx))
    fields = fields_of(inside)
    away = squared_distance(inside, (voxel + 0.5) * size, size)
    if role == "sj":
        return interface_site(fields, inside, away, radius_nm, size)
    return interior_site(
        role, fields, voxel - inside.start, away <= radius_nm**2, voxel
    )


def interface_site(
    fields: Fields, box: Box, away: np.ndarray, radius_nm: float, size_nm: np.ndarray
) -> Site | None:
    """Interface voxel nearest to the candidate; None near true synapses."""
    fits = (fields.interface_nm < CLOSE_NM) & (fields.neighbour > 0)
    fits &= (fields.nearest > 0) & (fields.myelin == 0) & (fields.synapse == 0)
    if not fits.any():
        return None
    place = np.unravel_index(np.where(fits, away, np.inf).argmin(), away.shape)
    voxel = np.add(place, box.start)
    far = squared_distance(box, (voxel + 0.5) * size_nm, size_nm)
    if fields.synapse[far <= (radius_nm + CLEAR_NM) ** 2].any():
        return None
    return Site(voxel, int(fields.nearest[place]), int(fields.neighbour[place]))


def interior_site(
    role: str, fields: Fields, place: np.ndarray, ball: np.ndarray, voxel: np.ndarray
) -> Site | None:
    """Return the candidate itself, if it lies in cytoplasm clear of true objects."""
    place = tuple(place)
    true = fields.mito if role == "mi" else np.maximum(fields.vesicles, fields.mito)
    cell = int(fields.cell[place])
    deep = fields.membrane_nm[place] > 40 and fields.nucleus_nm[place] < -60
    if not cell or not deep or true[ball].any():
        return None
    return Site(voxel, cell, 0)


def squared_distance(box: Box, centre_nm: np.ndarray, size_nm: np.ndarray):
    """Squared distance of voxel centres from a point: (Z, Y, X) float64, nm2."""
    axes = [
        ((np.arange(a, b) + 0.5) * s - c) ** 2
        for a, b, c, s in zip(*box, centre_nm, size_nm)
    ]
    return axes[0][:, None, None] + axes[1][:, None] + axes[2]
