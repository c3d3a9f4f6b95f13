"""Probability maps of the phantom as a network would give them, with its faults.

Each map starts from the truth. Some objects are missed, some are seen where there are
none (`place_false_objects`), borders are displaced by smooth noise, values are soft at
borders and noisy. Decisions about an object follow from its index, those about a voxel
from its global coordinates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuropil.grid import Box, Triple
from neuropil.kernels.phantom_maps import displace, soften, to_probability
from neuropil.phantom.false_objects import squared_distance
from neuropil.phantom.fields import Fields
from neuropil.phantom.membranes import membrane_levels
from neuropil.phantom.noise import derive_seed, normal, smooth_noise, uniform
from neuropil.phantom.tissue import Tissue

ROLES = ("sj", "mi", "vc", "sym", "asym", "myelin", "membrane")
# Which of the displacements of borders a map shows: junctions move with membranes.
SHIFTS = {"sj": 0, "sym": 0, "asym": 0, "membrane": 0, "mi": 1, "vc": 2, "myelin": 3}
SHIFT_LIMIT = 2.0  # SDs at which the displacement of borders is cut off
BEND_NM = 60.0  # scale over which the displacement of borders varies
JUNCTION_NM = 40.0  # half thickness of a false junction
MARGIN_NM = 20.0  # of a false vesicle cloud or mitochondrion below its cell's membrane


def maps_reach(voxel_size_nm: Sequence[float], settings: dict) -> Triple:
    """Voxels around a box whose fields `render_maps` needs, (z, y, x).

    Parameters
    ----------
    settings : section ``phantom`` of the config
    """
    return tuple(r + 1 for r in shift_reach(voxel_size_nm, settings["maps"]))


def shift_reach(voxel_size_nm: Sequence[float], maps: dict) -> Triple:
    """Largest displacement of a border along z, y, x, in voxels."""
    limit = SHIFT_LIMIT * maps["border_shift_nm"]
    return tuple(math.ceil(limit / size - 0.5) for size in voxel_size_nm)


def render_maps(
    fields: Fields, box: Box, tissue: Tissue, false_objects: pd.DataFrame
) -> dict[str, np.ndarray]:
    """Probability maps of a box.

    Parameters
    ----------
    fields : `Fields` of ``box`` grown by `maps_reach`
    box : voxels wanted, global coordinates
    tissue : its seed, tables and settings
    false_objects : table made by `place_false_objects`, whole

    Returns
    -------
    One (Z, Y, X) array of uint8 (0 to 255) per role of `ROLES`.
    """
    outer = box.grow(maps_reach(tissue.voxel_size_nm, tissue.settings))
    levels = true_levels(fields, tissue)
    levels["membrane"] = membrane_levels(fields, outer, tissue)
    add_false_objects(levels, fields, outer, tissue, false_objects)
    shifts = border_shifts(box.grow(1), tissue)
    return {
        role: as_probability(levels[role], shifts[SHIFTS[role]], box, role, tissue)
        for role in ROLES
    }


def true_levels(fields: Fields, tissue: Tissue) -> dict[str, np.ndarray]:
    """Ideal maps, 0 to 255 (uint8), of the true objects that are not missed."""
    share = asymmetric_share(tissue)
    seen = kept(len(share) - 1, "sj", tissue)
    levels = {
        "sj": (255 * seen).astype(np.uint8)[fields.synapse],
        "asym": np.rint(255 * seen * share).astype(np.uint8)[fields.synapse],
        "sym": np.rint(255 * seen * (1 - share)).astype(np.uint8)[fields.synapse],
        "myelin": fields.myelin * np.uint8(255),
    }
    for role, labels in (("mi", fields.mito), ("vc", fields.vesicles)):
        table = tissue.organelles[tissue.organelles["organelle"] == role]
        count = int(table["object"].max()) if len(table) else 0
        levels[role] = (255 * kept(count, role, tissue)).astype(np.uint8)[labels]
    return levels


def kept(count: int, role: str, tissue: Tissue) -> np.ndarray:
    """Tell which of the objects 0..count are not missed; row 0, nothing, is not."""
    missed = tissue.settings["maps"][role]["missed"]
    seen = uniform(np.arange(count + 1), derive_seed(tissue.seed, "missed", role))
    seen = seen >= missed
    seen[0] = False
    return seen


def asymmetric_share(tissue: Tissue) -> np.ndarray:
    """How asymmetric each synapse looks, 0 to 1, by index; row 0 is nothing.

    The clearest look has 1 or 0; ``sign_doubt`` is the SD away from it, and a share
    ``sign_confusion`` of synapses looks like the other kind.
    """
    maps = tissue.settings["maps"]
    sign = np.concatenate([[0], tissue.synapses["sign"].to_numpy(float)])
    number = np.arange(len(sign))
    doubt = np.abs(normal(number, derive_seed(tissue.seed, "doubt")))
    doubt = np.minimum(maps["sign_doubt"] * doubt, 0.45)
    confused = uniform(number, derive_seed(tissue.seed, "confusion"))
    looks = np.where(confused < maps["sign_confusion"], -sign, sign)
    return 0.5 + 0.5 * looks * (1 - 2 * doubt)


def add_false_objects(
    levels: dict[str, np.ndarray],
    fields: Fields,
    box: Box,
    tissue: Tissue,
    table: pd.DataFrame,
) -> None:
    """Write the false objects that reach into a box into its levels, in place."""
    size = np.asarray(tissue.voxel_size_nm, float)
    for row in table.itertuples():
        centre = np.array([row.z_nm, row.y_nm, row.x_nm])
        low = np.floor((centre - row.radius_nm) / size).astype(int)
        high = np.floor((centre + row.radius_nm) / size).astype(int) + 1
        part = Box(tuple(low.tolist()), tuple(high.tolist())).intersect(box)
        if not part.size:
            continue
        cut = part.within(box)
        ball = squared_distance(part, centre, size) <= row.radius_nm**2
        if row.role == "sj":
            ball &= junction_between(fields, cut, row.cell_index, row.other_index)
            levels["sj"][cut][ball] = 255
            levels["asym"][cut][ball] = round(255 * row.asymmetric)
            levels["sym"][cut][ball] = round(255 * (1 - row.asymmetric))
        else:
            ball &= (fields.cell[cut] == row.cell_index) & (
                fields.membrane_nm[cut] > 20
            )
            levels[row.role][cut][ball] = 255


def junction_between(
    fields: Fields, cut: tuple[slice, ...], one: int, two: int
) -> np.ndarray:
    """Voxels of an interface between two cells, as thick as a junction."""
    near, far = fields.nearest[cut], fields.neighbour[cut]
    pair = ((near == one) & (far == two)) | ((near == two) & (far == one))
    return pair & (fields.interface_nm[cut] < JUNCTION_NM)


def border_shifts(box: Box, tissue: Tissue) -> list[tuple[tuple, tuple]]:
    """Four displacements of borders: three noises each, and their scales in voxels.

    All four use the same three noises, each for another axis or with another sign, so
    that at every voxel they differ.
    """
    size = tissue.voxel_size_nm
    spread = tissue.settings["maps"]["border_shift_nm"]
    noises = [
        smooth_noise(box, size, BEND_NM, derive_seed(tissue.seed, "border", i))
        for i in range(3)
    ]
    shifts = []
    for turn in range(4):
        sign = -spread if turn == 3 else spread
        order = tuple(noises[(axis + turn) % 3] for axis in range(3))
        shifts.append((order, tuple(np.float32(sign / s) for s in size)))
    return shifts


def as_probability(
    levels: np.ndarray,
    shift: tuple[tuple, tuple],
    box: Box,
    role: str,
    tissue: Tissue,
) -> np.ndarray:
    """Displace, soften and disturb one ideal map: (Z, Y, X) uint8 of the box."""
    maps, size = tissue.settings["maps"], tissue.voxel_size_nm
    moved = np.empty(box.grow(1).shape, np.uint8)
    displace(levels, *shift, shift_reach(size, maps), moved)
    soft = np.empty(box.shape, np.float32)
    soften(moved, soft)
    key = derive_seed(tissue.seed, "probability", role)
    noise = smooth_noise(box, size, maps["noise_nm"], key)
    scale = 255 * np.array([maps["outside"], maps["inside"], maps["noise"]])
    out = np.empty(box.shape, np.uint8)
    to_probability(soft, noise, tuple(scale.astype(np.float32)), out)
    return out
