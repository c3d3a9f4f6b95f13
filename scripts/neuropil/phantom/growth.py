"""Grow the skeletons of cells: somata, dendrites, axons, astrocytes.

Each branch is a persistent random walk that shies away from crowded places, so that
tissue of even density comes out. The cost grows with the volume of tissue.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuropil.kernels.phantom_growth import fill_ball
from neuropil.phantom.garden import BIN_NM, STEP_NM, Garden
from neuropil.phantom.types import Compartment


def grow_cells(
    settings: dict, low: np.ndarray, high: np.ndarray, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Grow all cells of a domain (positions in nm, z, y, x).

    Returns
    -------
    cells : type, kind ("neuron", "axon", "dendrite" or "glia"), whole; row = index - 1
    nodes : z_nm, y_nm, x_nm, cell_index, run (unbranched piece), parent (node or -1),
        radius_nm, sheath_nm, compartment; row = node
    """
    garden = Garden(settings, low, high, seed)
    somata = plant_somata(garden)
    plant_glia(garden)
    for cell, name, root in somata:
        grow_neuron(garden, cell, name, root)
    fill_with_passing(garden)
    return garden.frames()


def plant_somata(garden: Garden) -> list[tuple[int, str, int]]:
    """Place cell bodies apart from each other; return (cell, type, root node)."""
    bodies = {n: t["soma"] for n, t in garden.types.items() if "soma" in t}
    shares = np.array([body["share"] for body in bodies.values()])
    shares = shares / shares.sum()
    wanted = garden.settings["density"]["somata_per_um3"] * garden.volume_um3
    planted, places, radii = [], [], []
    taken = np.zeros(len(bodies))
    for _ in range(round(wanted)):
        k = int(np.argmax(shares * (taken.sum() + 1) - taken))
        taken[k] += 1
        name = list(bodies)[k]
        radius = bodies[name]["radius_nm"] * garden.random.uniform(0.9, 1.1)
        place = free_place(garden, places, radii, radius)
        if place is None:
            continue
        places.append(place)
        radii.append(radius)
        cell = garden.add_cell(name, "neuron", True)
        (root,) = garden.add_nodes(cell, Compartment.SOMA, place[None], -1, (radius, 0))
        fill_ball(garden.filled, BIN_NM, garden.low, place, radius)
        planted.append((cell, name, root))
    return planted


def free_place(garden: Garden, places, radii, radius: float) -> np.ndarray | None:
    """Place for a cell body that leaves 500 nm to all others; None if not found."""
    for _ in range(50):
        place = garden.random.uniform(garden.low, garden.high)
        gaps = [np.linalg.norm(place - p) - r - radius for p, r in zip(places, radii)]
        if min(gaps, default=np.inf) > 500:
            return place
    return None


def plant_glia(garden: Garden) -> None:
    """Grow the branches of astrocytes; their sheets come with the voxels."""
    count = max(
        1, round(garden.settings["density"]["glia_per_um3"] * garden.volume_um3)
    )
    spec = {"turn": 0.16}
    for _ in range(count):
        cell = garden.add_cell("AST", "glia", True)
        centre = garden.emptiest()
        (root,) = garden.add_nodes(cell, Compartment.GLIA, centre[None], -1, (350, 0))
        for _ in range(6):
            path = garden.trace(centre, garden.heading(), spec, 2600)
            along = np.linspace(1, 0, len(path))
            wobble = garden.random.uniform(0.6, 1.4, len(path))
            radius = (60 + 170 * along) * wobble
            garden.add_nodes(cell, Compartment.GLIA, path, root, (radius, 0))


def grow_neuron(garden: Garden, cell: int, name: str, root: int) -> None:
    """Grow dendrites and the axon of a neuron whose soma is planted."""
    body = garden.types[name]["soma"]
    soma = next(part for part in garden.parts if part[0, 3] == cell)[0]
    centre, radius = soma[:3], soma[6]
    headings = spread_headings(garden, body["dendrites"] + 1)
    for heading in headings[1:]:
        start = centre + heading * (radius - 60)
        length = body["dendrite_length_nm"] * garden.random.uniform(0.7, 1.2)
        grow_branches(garden, cell, name, "dendrite", (start, heading, root, length))
    start = centre + headings[0] * (radius - 60)
    length = body["axon_length_nm"]
    grow_branches(garden, cell, name, "axon", (start, headings[0], root, length))


def spread_headings(garden: Garden, count: int) -> np.ndarray:
    """Directions that keep apart, (count, 3): the best of some random sets."""
    best, least = None, np.inf
    for _ in range(20):
        trial = garden.random.normal(size=(count, 3))
        trial /= np.linalg.norm(trial, axis=1, keepdims=True)
        cosine = (trial @ trial.T - 2 * np.eye(count)).max()
        if cosine < least:
            best, least = trial, cosine
    return best


def grow_branches(garden: Garden, cell: int, name: str, part: str, first) -> None:
    """Grow a neurite and its side branches from (start, heading, parent, length)."""
    spec = garden.types[name][part]
    radius = spec["radius_nm"] * np.exp(garden.random.normal(0, spec["spread"]))
    waiting = [(*first, radius)]
    while waiting:
        start, heading, parent, length, radius = waiting.pop()
        path = garden.trace(start, heading, spec, length)
        profile = taper(garden, spec, radius, len(path))
        code = Compartment[part.upper()]
        nodes = garden.add_nodes(cell, code, path, parent, (profile, 0))
        chance = spec["branches_per_um"] * STEP_NM / 1000
        for k in np.flatnonzero(garden.random.random(len(path)) < chance):
            left = length - k * STEP_NM
            if 8 < k < len(path) - 4 and left > 1500 and len(waiting) < 6:
                side = branch_heading(garden, path[k] - path[k - 2])
                thin = max(spec["least_nm"], profile[k] * 0.8)
                waiting.append((path[k], side, nodes[k], left * 0.7, thin))


def branch_heading(garden: Garden, along: np.ndarray) -> np.ndarray:
    """Direction of a side branch, 40 to 80 degrees off the direction ``along``."""
    along = along / (np.linalg.norm(along) + 1e-9)
    across = np.cross(along, garden.heading())
    across /= np.linalg.norm(across) + 1e-9
    angle = np.deg2rad(garden.random.uniform(40, 80))
    return np.cos(angle) * along + np.sin(angle) * across


def taper(garden: Garden, spec: dict, radius: float, count: int) -> np.ndarray:
    """Radius along a branch: thinning by ``taper_per_um``, with smooth variation."""
    along = np.arange(count) * STEP_NM / 1000
    knots = garden.random.normal(0, 0.16, count // 6 + 3)
    wave = np.interp(np.arange(count) / 6, np.arange(len(knots)), knots)
    profile = radius * np.exp(-spec["taper_per_um"] * along + wave)
    return np.maximum(profile, spec["least_nm"])


def fill_with_passing(garden: Garden) -> None:
    """Add passing neurites until the tissue is filled, each kind to its share."""
    kinds = garden.settings["passing"]
    share = np.array([kind["share"] for kind in kinds])
    share = share / share.sum()
    taken = np.zeros(len(kinds))
    wanted = garden.settings["density"]["filled_fraction"]
    while garden.filled.mean() < wanted:
        k = int(np.argmax(share * (taken.sum() + 1) - taken))
        taken[k] += grow_passing(garden, kinds[k]["type"], kinds[k]["part"])


def grow_passing(garden: Garden, name: str, part: str) -> float:
    """Grow a neurite through the tissue, both ways from an empty place.

    Returns
    -------
    Its nominal volume in um3.
    """
    spec = garden.types[name][part]
    cell = garden.add_cell(name, part, False)
    start, heading = garden.emptiest(), garden.heading()
    reach = float(np.linalg.norm(garden.high - garden.low)) * 1.5
    ends = garden.random.random() < spec.get("ending", 0)
    back = garden.trace(start, -heading, spec, 1500 if ends else reach)
    ahead = garden.trace(start, heading, spec, reach)
    path = np.concatenate([back[::-1], start[None], ahead])
    radius = spec["radius_nm"] * np.exp(garden.random.normal(0, spec["spread"]))
    profile = taper(garden, spec | {"taper_per_um": 0}, radius, len(path))
    sheath = wrap(garden, spec, len(path))
    if sheath.any():
        profile = profile * 1.6
    code = Compartment[part.upper()]
    nodes = garden.add_nodes(cell, code, path, -1, (profile, sheath))
    volume = np.pi * ((profile + sheath) ** 2).sum() * STEP_NM / 1e9
    if part == "dendrite":
        volume += grow_side_branches(garden, cell, (name, part), (nodes, path))
    return volume


def wrap(garden: Garden, spec: dict, count: int) -> np.ndarray:
    """Thickness of the myelin sheath along an axon, in nm; 0 where there is none."""
    if garden.random.random() >= spec.get("myelinated", 0):
        return np.zeros(count)
    return np.full(count, garden.random.uniform(90, 140))


def grow_side_branches(garden: Garden, cell: int, kind, stem) -> float:
    """Grow branches off a passing dendrite; return their volume in um3."""
    (name, part), (nodes, path) = kind, stem
    spec = garden.types[name][part]
    chance = spec["branches_per_um"] * STEP_NM / 1000
    parts = len(garden.parts)
    for k in np.flatnonzero(garden.random.random(len(path)) < chance):
        if 8 < k < len(path) - 8:
            side = branch_heading(garden, path[k + 1] - path[k - 1])
            first = (path[k], side, nodes[k], 6000)
            grow_branches(garden, cell, name, part, first)
    grown = sum((part[:, 6] ** 2).sum() for part in garden.parts[parts:])
    return float(np.pi * grown * STEP_NM / 1e9)
