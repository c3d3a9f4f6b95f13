"""Voxelisation: the fields of any box of the tissue, the same for every box."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import map_coordinates

from neuropil.grid import Box
from neuropil.kernels.phantom_contents import fill_contents
from neuropil.kernels.phantom_field import fill_fields, sort_into_bins
from neuropil.phantom.fields import Fields
from neuropil.phantom.noise import derive_seed, smooth_noise
from neuropil.phantom.tissue import Tissue
from neuropil.phantom.types import REACH_NM, Compartment

POSITION = ["z_nm", "y_nm", "x_nm"]
BIN_NM = 300.0
BRICK_NM = 80.0
BESIDE_NM = 60.0  # a neurite so far beyond a sheet's limit may still bound a cell
WARP_NM = 100.0
DTYPES = {
    "cell": np.uint32,
    "neighbour": np.uint32,
    "nearest": np.uint32,
    "interface_nm": np.float32,
    "membrane_nm": np.float32,
    "synapse": np.uint32,
    "mito": np.uint32,
    "mito_depth_nm": np.float32,
    "vesicles": np.uint32,
    "myelin": np.uint8,
    "myelin_depth_nm": np.float32,
    "nucleus_nm": np.float32,
    "compartment": np.uint8,
}
# What the kernels write and read, in the order of their arguments.
GEOMETRY = (
    "nearest",
    "neighbour",
    "interface_nm",
    "membrane_nm",
    "myelin",
    "myelin_depth_nm",
    "nucleus_nm",
    "compartment",
)
GIVEN = ("nearest", "neighbour", "interface_nm", "nucleus_nm")
CONTENTS = (
    "membrane_nm",
    "compartment",
    "cell",
    "synapse",
    "mito",
    "mito_depth_nm",
    "vesicles",
)


def compute_fields(tissue: Tissue, box: Box) -> Fields:
    """Compute the fields of a box of voxels from the tissue's geometry.

    Each voxel belongs to the process whose surface is nearest, in coordinates bent by
    smooth noise; where that is farther than a limit, to an astrocyte's sheet; near the
    middle between two cells, to extracellular space.
    """
    return FieldSource(tissue, box).compute(box)


class FieldSource:
    """Fields of boxes within one region; its geometry is put in order only once.

    Parameters
    ----------
    tissue : Tissue
    region : Box that holds every box to be computed
    size_nm : voxel size (z, y, x), another than the tissue's to look at it coarsely
    """

    def __init__(
        self, tissue: Tissue, region: Box, size_nm: np.ndarray | None = None
    ) -> None:
        self.tissue = tissue
        size = tissue.voxel_size_nm if size_nm is None else size_nm
        self.size = np.asarray(size, float)
        low = np.array(region.start) * self.size
        high = np.array(region.stop) * self.size
        margin = reach_nm(tissue.settings["field"])
        around = (low - margin, high + margin)
        self.rods = select(neurite_rods(tissue.nodes), *around)
        self.seeds = near_seeds(glia_seeds(tissue.nodes), low, high)
        self.contents = (
            select(organelle_rods(tissue.organelles, "mi"), *around, margin_nm=40),
            select(organelle_rods(tissue.organelles, "vc"), *around, margin_nm=60),
            select(synapse_rods(tissue.synapses), *around, margin_nm=0),
        )

    def compute(self, box: Box) -> Fields:
        """Compute the fields of a box."""
        out = {n: np.zeros(box.shape, t) for n, t in DTYPES.items()}
        if box.size:
            field = self.tissue.settings["field"]
            brick = np.maximum(1, np.round(BRICK_NM / self.size)).astype(np.int64)
            start = np.array(box.start, np.int64)
            warp, limit, gap, ragged = self.noises(box)
            fill_fields(
                (start, self.size, brick),
                self.rods,
                self.seeds,
                (warp, limit, gap),
                (field["glia_limit_nm"][1] + BESIDE_NM, REACH_NM),
                tuple(out[name] for name in GEOMETRY),
            )
            fill_contents(
                (start, self.size),
                self.contents,
                (warp, ragged),
                (float(field["junction_half_nm"]), float(field["cleft_half_nm"])),
                tuple(out[name] for name in GIVEN),
                tuple(out[name] for name in CONTENTS),
            )
        return Fields(**out)

    def noises(self, box: Box) -> tuple[np.ndarray, ...]:
        """Warp (padded by a voxel), glia limit, half gap and raggedness of a box."""
        field, seed = self.tissue.settings["field"], self.tissue.seed
        warp = bend(self.tissue, box.grow(1), self.size)
        limit = self.between(
            box, "glia", field["glia_sigma_nm"], field["glia_limit_nm"]
        )
        gap = self.between(box, "gap", field["gap_sigma_nm"], field["gap_half_nm"])
        ragged = smooth_noise(box, self.size, 35.0, derive_seed(seed, "ragged"))
        return warp, limit, gap, ragged

    def between(self, box: Box, name: str, sigma_nm: float, ends) -> np.ndarray:
        """Smooth noise that runs between two values and rests at them."""
        seed = derive_seed(self.tissue.seed, name)
        noise = smooth_noise(box, self.size, sigma_nm, seed)
        share = np.clip(np.float32(0.5) + np.float32(0.33) * noise, 0, 1)
        return np.float32(ends[0]) + np.float32(ends[1] - ends[0]) * share


def reach_nm(field: dict) -> float:
    """Distance beyond which nothing in the tissue can matter to a voxel."""
    # A lattice point is within 3.4 SD, and the taps' weights add up to 2.83 at most.
    warp = sum(10.0 * octave["amplitude_nm"] for octave in field["warp"])
    return warp + field["glia_limit_nm"][1] + BESIDE_NM + 50.0


def glia_seeds(nodes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Places and cells of the middles of astrocytes."""
    glia = nodes[(nodes["compartment"] == Compartment.GLIA) & (nodes["parent"] < 0)]
    return glia[POSITION].to_numpy(float), glia["cell_index"].to_numpy(np.uint32)


def neurite_rods(nodes: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Rods from each node's parent to it: ends, outer radii, cell, code, sheaths."""
    parent = nodes["parent"].to_numpy()
    start = np.where(parent < 0, np.arange(len(nodes)), parent)
    place = nodes[POSITION].to_numpy(float)
    radius = nodes["radius_nm"].to_numpy(float)
    sheath = nodes["sheath_nm"].to_numpy(float)
    code = nodes["compartment"].to_numpy(np.uint8)
    above = radius[start]
    # A branch keeps its own width where it leaves something thicker.
    leaves = code[start] != code
    leaves &= np.isin(code[start], (Compartment.SOMA, Compartment.DENDRITE))
    wide = np.where(leaves, radius, above)
    cell = nodes["cell_index"].to_numpy(np.uint32)
    sheaths = (sheath[start], sheath)
    radii = (wide + sheath[start], radius + sheath)
    return (place[start], place, *radii, cell, code, *sheaths)


def organelle_rods(organelles: pd.DataFrame, name: str) -> tuple[np.ndarray, ...]:
    """Rods of one kind of organelle: ends, radii, cell, object."""
    nodes = organelles[organelles["organelle"] == name].reset_index(drop=True)
    row = pd.Series(nodes.index, index=nodes["node"])
    parent = nodes["parent"].to_numpy()
    start = np.where(parent < 0, nodes["node"], parent)
    start = row.reindex(start).to_numpy(np.int64)
    place = nodes[POSITION].to_numpy(float)
    radius = nodes["radius_nm"].to_numpy(float)
    cell = nodes["cell_index"].to_numpy(np.uint32)
    ids = nodes["object"].to_numpy(np.uint32)
    return place[start], place, radius[start], radius, cell, ids


def synapse_rods(synapses: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Balls that hold the active zones: ends, radii, pre, post, index."""
    place = synapses[POSITION].to_numpy(float)
    radius = synapses["radius_nm"].to_numpy(float)
    cells = [synapses[c].to_numpy(np.uint32) for c in ("pre_index", "post_index")]
    index = np.arange(1, len(synapses) + 1).astype(np.uint32)
    return place, place, radius, radius, *cells, index


def select(rods: tuple, low: np.ndarray, high: np.ndarray, margin_nm=0.0) -> tuple:
    """Rods that reach a box (nm), with the bins that list them by place.

    A rod is listed in all bins that come nearer than a margin to it.
    """
    radius = np.maximum(rods[2], rods[3])[:, None] + margin_nm
    least = np.minimum(rods[0], rods[1]) - radius
    most = np.maximum(rods[0], rods[1]) + radius
    keep = ((most >= low) & (least <= high)).all(axis=1)
    chosen = tuple(np.ascontiguousarray(part[keep]) for part in rods)
    shape = np.ceil((high - low) / BIN_NM).astype(np.int64)
    first, items = sort_into_bins(least[keep], most[keep], low, BIN_NM, shape)
    return (*chosen, (first, items, shape, low, BIN_NM))


def near_seeds(seeds: tuple, low: np.ndarray, high: np.ndarray) -> tuple:
    """Astrocytes that can be nearest or second nearest somewhere in a box."""
    half = np.linalg.norm(high - low) / 2 + 700.0
    distance = np.linalg.norm(seeds[0] - (low + high) / 2, axis=1)
    bound = np.partition(distance, min(1, len(distance) - 1))[:2].max() + 2 * half
    keep = distance <= bound
    return seeds[0][keep], seeds[1][keep]


def displacement(tissue: Tissue, points: np.ndarray) -> np.ndarray:
    """Displacement (N, 3) in nm by which the noise bends space at points of a volume.

    Interpolated on a lattice of `WARP_NM`, for what need not be exact to the voxel.
    """
    low = np.floor(points.min(axis=0) / WARP_NM).astype(int) - 2
    high = np.ceil(points.max(axis=0) / WARP_NM).astype(int) + 2
    box = Box(tuple(low.tolist()), tuple(high.tolist()))
    size = np.full(3, WARP_NM)
    warp = bend(tissue, box, size)
    at = (points / WARP_NM - 0.5 - low).T
    return np.stack([map_coordinates(w, at, order=1, mode="nearest") for w in warp], 1)


def unwarp(tissue: Tissue, points: np.ndarray) -> np.ndarray:
    """Places (N, 3) in the volume, in nm, of points of the tissue's geometry."""
    place = np.array(points, float)
    for _ in range(6):
        place = points - displacement(tissue, place)
    return place


def bend(tissue: Tissue, box: Box, size: np.ndarray) -> np.ndarray:
    """Displacement in nm of the voxels of a box, (3, Z, Y, X) float32."""
    warp = np.zeros((3, *box.shape), np.float32)
    for n, octave in enumerate(tissue.settings["field"]["warp"]):
        for axis in range(3):
            name = derive_seed(tissue.seed, "warp", n, axis)
            noise = smooth_noise(box, size, octave["sigma_nm"], name)
            warp[axis] += np.float32(octave["amplitude_nm"]) * noise
    return warp
