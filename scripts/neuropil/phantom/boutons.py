"""Boutons on axons, and spines that grow from dendrites to boutons."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from neuropil.phantom.garden import STEP_NM
from neuropil.phantom.types import Compartment

POSITION = ["z_nm", "y_nm", "x_nm"]
LEAST_GAP_NM = 1100.0
WIDEST_NM = 450.0
OVERLAP = 0.55  # of the smaller radius, between a bouton and what it is pressed on


def touching_distance(first_nm: float, second_nm: float) -> float:
    """Distance of two centres whose balls are pressed on each other."""
    return first_nm + second_nm - OVERLAP * min(first_nm, second_nm)


class Wiring:
    """Nodes of the tissue while boutons and spines are made.

    Parameters
    ----------
    cells, nodes : tables of `grow_cells`
    settings : section `phantom` of the config
    seed : of every random number
    """

    def __init__(
        self, cells: pd.DataFrame, nodes: pd.DataFrame, settings: dict, seed: int
    ) -> None:
        self.settings = settings
        self.random = np.random.default_rng([seed, 2])
        self.type = cells["type"].to_numpy(str)
        self.position = nodes[POSITION].to_numpy(float)
        self.radius = nodes["radius_nm"].to_numpy(float).copy()
        self.code = nodes["compartment"].to_numpy().copy()
        self.cell = nodes["cell_index"].to_numpy()
        self.run = nodes["run"].to_numpy()
        self.parent = nodes["parent"].to_numpy()
        self.wrapped = nodes["sheath_nm"].to_numpy() > 0
        self.love = self.fondness()
        self.boutons: list[tuple[int, float, float, str]] = []
        self.area: dict[int, float] = {}
        self.spines: list[pd.DataFrame] = []
        self.links: list[tuple[int, int, float]] = []
        self.node_count = len(nodes)

    def fondness(self) -> np.ndarray:
        """How readily each node makes a new bouton for a spine, (N,); 0 is never."""
        rules = self.settings["wiring"]
        share = {name: rule["onto"]["head"] for name, rule in rules.items()}
        types = pd.Series(self.type).map(share).fillna(0.0).to_numpy()
        bare = (self.code == Compartment.AXON) & ~self.wrapped
        span = int(LEAST_GAP_NM / STEP_NM / 1.5)
        count = len(self.run)
        before = self.run[np.maximum(np.arange(count) - span, 0)] == self.run
        after = self.run[np.minimum(np.arange(count) + span, count - 1)] == self.run
        return np.where(bare & before & after, types[self.cell - 1], 0.0)

    def type_of(self, node: int) -> str:
        """Type of a node's cell."""
        return self.type[self.cell[node] - 1]

    def add_bouton(self, node: int, onto: str) -> float:
        """Swell an axon around a node; draw the size of its synapse. Returns nm."""
        spec = self.settings["types"][self.type_of(node)]["bouton"]
        size = float(np.clip(self.random.normal(), -2, 2))
        area = spec["area_um2"] * np.exp(spec["area_spread"] * size)
        zone = 1000 * np.sqrt(area / np.pi)
        usual = spec["radius_nm"] * np.exp(self.random.normal(0, 0.12))
        radius = min(max(usual, 1.15 * zone), WIDEST_NM)
        low = max(0, node - 12)
        near = np.arange(low, min(len(self.run), node + 13))
        near = near[self.run[near] == self.run[node]]
        along = np.abs(near - node) * STEP_NM
        swollen = radius * np.sqrt(np.clip(1 - (along / (1.35 * radius)) ** 2, 0, 1))
        self.radius[near] = np.maximum(self.radius[near], swollen)
        self.love[near[along < 2 * LEAST_GAP_NM / 3]] = 0.0
        self.code[near[along < 1.1 * radius]] = Compartment.BOUTON
        self.boutons.append((node, area, size, onto))
        self.area[node] = area
        return radius


def place_boutons(wiring: Wiring) -> None:
    """Put boutons along all axons, and at the ends of those that end in the tissue."""
    axons = np.flatnonzero(wiring.code == Compartment.AXON)
    for run in np.split(axons, np.flatnonzero(np.diff(wiring.run[axons])) + 1):
        if len(run) < 12 or wiring.wrapped[run].any():
            continue
        spec = wiring.settings["types"][wiring.type_of(run[0])]["bouton"]
        gap = spec["spacing_nm"] - LEAST_GAP_NM
        at = wiring.random.uniform(0, spec["spacing_nm"])
        while at < (len(run) - 4) * STEP_NM:
            wiring.add_bouton(run[int(at / STEP_NM)], draw_onto(wiring, run[0]))
            at += LEAST_GAP_NM + wiring.random.exponential(gap)


def draw_onto(wiring: Wiring, node: int) -> str:
    """Draw what a bouton of a node's cell would like to sit on."""
    weights = wiring.settings["wiring"][wiring.type_of(node)]["onto"]
    share = np.array(list(weights.values()), float)
    return str(wiring.random.choice(list(weights), p=share / share.sum()))


def grow_spines(wiring: Wiring) -> None:
    """Grow a spine from each chosen place on a dendrite to a bouton in reach.

    Where no bouton waits for a spine, a passing axon makes one.
    """
    waiting = {b[0] for b in wiring.boutons if b[3] == "head"}
    tree = cKDTree(wiring.position)
    for site in spine_sites(wiring):
        reach = wiring.radius[site] + wiring.settings["spines"]["reach_nm"]
        near = np.array(tree.query_ball_point(wiring.position[site], reach))
        bouton = choose_bouton(wiring, site, np.sort(near), waiting)
        if bouton is not None:
            waiting.discard(bouton)
            add_spine(wiring, site, bouton)


def spine_sites(wiring: Wiring) -> np.ndarray:
    """Nodes of dendrites that bear a spine, at each type's density."""
    nodes = np.flatnonzero(wiring.code == Compartment.DENDRITE)
    types = wiring.settings["types"]
    density = {
        n: t["dendrite"]["spines_per_um"] for n, t in types.items() if "dendrite" in t
    }
    chance = np.array([density[t] for t in wiring.type[wiring.cell[nodes] - 1]])
    chance = chance * STEP_NM / 1000
    return nodes[wiring.random.random(len(nodes)) < chance]


def choose_bouton(wiring: Wiring, site: int, near: np.ndarray, waiting: set):
    """Bouton for a spine: one that waits, else a new one on an axon; None if none."""
    near = near[wiring.cell[near] != wiring.cell[site]]
    gap = np.linalg.norm(wiring.position[near] - wiring.position[site], axis=1)
    near = near[gap > wiring.radius[site] + 200]
    ready = [n for n in near if n in waiting]
    if ready:
        return int(wiring.random.choice(ready))
    free = near[wiring.love[near] > 0]
    if not len(free):
        return None
    weights = wiring.love[free]
    node = int(wiring.random.choice(free, p=weights / weights.sum()))
    wiring.add_bouton(node, "head")
    return node


def add_spine(wiring: Wiring, site: int, bouton: int) -> None:
    """Add neck and head of a spine from a dendrite's node to a bouton."""
    area = wiring.area[bouton]
    zone = 1000 * np.sqrt(area / np.pi)
    head = float(np.clip(zone * 1.1, 115, 420))
    root, goal = wiring.position[site], wiring.position[bouton]
    towards = (root - goal) / np.linalg.norm(root - goal)
    towards = towards + wiring.random.normal(0, 0.3, 3)
    towards /= np.linalg.norm(towards)
    distance = touching_distance(wiring.radius[bouton], head)
    centre = goal + towards * distance
    path = neck_path(wiring, root, wiring.radius[site], centre, head)
    n = len(path)
    radius = np.append(wiring.random.uniform(42, 60) * np.ones(n), head)
    code = np.append(np.full(n, Compartment.SPINE_NECK), Compartment.SPINE_HEAD)
    nodes = wiring.node_count + np.arange(n + 1)
    frame = pd.DataFrame(np.vstack([path, centre]), columns=POSITION)
    frame["cell_index"] = wiring.cell[site]
    frame["run"] = -1 - len(wiring.spines)
    frame["parent"] = np.append(site, nodes[:-1])
    frame["radius_nm"] = radius
    frame["sheath_nm"] = 0.0
    frame["compartment"] = code.astype(int)
    wiring.spines.append(frame)
    wiring.links.append((bouton, int(nodes[-1]), distance))
    wiring.node_count += n + 1


def neck_path(wiring: Wiring, root, root_radius: float, centre, head: float):
    """Points of a bowed neck from a shaft's surface to a head's, (N, 3)."""
    gap = centre - root
    length = np.linalg.norm(gap)
    start = root_radius * 0.9
    count = int(max(0.0, length - start - 0.8 * head) / 80)
    at = (start + (np.arange(count) + 0.5) * 80) / length
    bow = wiring.random.normal(0, 0.12 * length, 3)
    return root + at[:, None] * gap + np.sin(np.pi * at)[:, None] * bow
