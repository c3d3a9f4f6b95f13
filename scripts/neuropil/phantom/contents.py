"""What neurites hold: mitochondria and vesicle clouds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuropil.phantom.garden import STEP_NM
from neuropil.phantom.separation import separate_mitochondria
from neuropil.phantom.types import Compartment

POSITION = ["z_nm", "y_nm", "x_nm"]
NUMBERS = ["object", "node", "parent", "cell_index", *POSITION, "radius_nm"]
CYTOPLASM_NM = 35.0  # around a mitochondrion, at least
TAPER_NM = 40.0  # that a swollen neurite loses per node
NEURITES = (Compartment.AXON, Compartment.BOUTON, Compartment.DENDRITE)


class Contents:
    """Organelles as they are put into a tissue's cells.

    Parameters
    ----------
    cells, nodes, synapses : tables of the tissue
    settings : section `phantom` of the config
    seed : of every random number
    """

    def __init__(self, cells, nodes, synapses, settings: dict, seed: int) -> None:
        self.settings = settings
        self.random = np.random.default_rng([seed, 4])
        self.type = cells["type"].to_numpy(str)
        self.position = nodes[POSITION].to_numpy(float)
        self.radius = nodes["radius_nm"].to_numpy(float, copy=True)
        self.cell = nodes["cell_index"].to_numpy()
        self.code = nodes["compartment"].to_numpy()
        self.run = nodes["run"].to_numpy()
        self.synapses = synapses
        self.taken = np.zeros(len(nodes), bool)
        self.parts = [np.empty((0, len(NUMBERS)))]
        self.names = [np.empty(0, "<U2")]
        self.counts = {"mi": 0, "vc": 0}
        self.node_count = 0

    def add(self, name: str, cell: int, position, radius, chain: bool) -> None:
        """Add an object of balls, or of a chain of rods."""
        n = len(position)
        nodes = self.node_count + np.arange(n)
        self.counts[name] += 1
        part = np.empty((n, len(NUMBERS)))
        part[:, 0] = self.counts[name]
        part[:, 1] = nodes
        part[:, 2] = np.append(-1, nodes[:-1]) if chain else -1
        part[:, 3] = cell
        part[:, 4:7] = position
        part[:, 7] = radius
        self.parts.append(part)
        self.names.append(np.full(n, name))
        self.node_count += n

    def add_along(self, nodes: np.ndarray, place=None, distance: float = 0.0) -> None:
        """Add a mitochondrion along successive nodes of a neurite.

        Where the neurite is too thin, it swells. With a place (nm), the mitochondrion
        lies aside of the axis such that its surface is as far from the place as wanted,
        if there is room.
        """
        rod = self.rod_nm(nodes) * self.random.uniform(0.92, 1.05, len(nodes))
        self.swell(nodes, rod + CYTOPLASM_NM)
        radius = self.radius[nodes]
        room = 0.75 * max((radius - rod - 30).min(), 0.0)
        if place is None:
            aside = self.random.normal(size=3)
            aside *= room / np.linalg.norm(aside)
        else:
            away = np.linalg.norm(self.position[nodes] - place, axis=1)
            nearest = np.argmin(away - rod)
            towards = (place - self.position[nodes[nearest]]) / away[nearest]
            excess = away[nearest] - rod[nearest] - distance
            aside = towards * np.clip(excess, -room, room)
        cell = int(self.cell[nodes[0]])
        self.add("mi", cell, self.position[nodes] + aside, rod, chain=True)
        self.taken[nodes] = True

    def rod_nm(self, nodes: np.ndarray) -> float:
        """Radius of a mitochondrion along nodes of a neurite."""
        settings = self.settings["mitochondria"]
        wide, least = (
            settings[name] * self.random.uniform(0.8, 1.2)
            for name in ("radius_nm", "least_radius_nm")
        )
        return max(least, min(float(np.median(self.radius[nodes])) * 0.62, wide))

    def swell(self, nodes: np.ndarray, least: np.ndarray) -> None:
        """Widen a neurite at successive nodes, and taper it beyond them."""
        low, high = int(nodes.min()), int(nodes.max())
        near = np.arange(max(0, low - 4), min(len(self.run), high + 5))
        near = near[self.run[near] == self.run[low]]
        steps = np.abs(near[:, None] - nodes[None])
        wanted = (least[None] - TAPER_NM * steps).max(axis=1)
        self.radius[near] = np.maximum(self.radius[near], wanted)

    def table(self) -> pd.DataFrame:
        """Nodes of all objects."""
        table = pd.DataFrame(np.concatenate(self.parts), columns=NUMBERS)
        table = table.astype(dict.fromkeys(NUMBERS[:4], np.int64))
        table.insert(0, "organelle", np.concatenate(self.names))
        return table


def place_organelles(
    cells, nodes, synapses, settings: dict, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put mitochondria and vesicle clouds into the cells of packed tissue.

    Presynaptic mitochondria of spiny (SPN) axons are nearer to larger synapses, those
    of pallidal-like (GP) axons are near to all, as in Fig. 2e of the SyConn2 paper.

    Returns
    -------
    organelles : one row per node: organelle ("mi" or "vc"), object (from 1 per
        organelle), node, parent (or -1), cell_index, z_nm, y_nm, x_nm, radius_nm
    nodes : as given, but swollen where mitochondria would not fit
    """
    contents = Contents(cells, nodes, synapses, settings, seed)
    wishes = draw_distances(contents)
    for _, own in synapses.groupby("pre_index"):
        for index in own.index:
            if wishes[index] > 0:
                fill_bouton(contents, own, wishes[own.index], index)
    fill_dendrites(contents)
    fill_somata(contents)
    fill_clouds(contents)
    organelles = separate_mitochondria(contents.table())
    return organelles, nodes.assign(radius_nm=contents.radius)


def draw_distances(contents: Contents) -> np.ndarray:
    """Wanted distance in nm from each synapse to a mitochondrion; 0 of no wish."""
    wishes = np.zeros(len(contents.synapses))
    for row in contents.synapses.itertuples():
        name = contents.type[row.pre_index - 1]
        wish = contents.settings["types"][name]["bouton"]["mitochondria"]
        median = wish["large_nm"] if row.size > 0 else wish["small_nm"]
        spread = np.exp(contents.random.normal(0, wish["spread"]))
        if contents.random.random() < wish["share"]:
            wishes[row.Index] = median * spread
    return wishes


def fill_bouton(contents: Contents, own: pd.DataFrame, wishes, index: int) -> None:
    """Place a mitochondrion along an axon at a wanted distance from a synapse.

    ``own`` are the synapses of the cell, ``wishes`` their wanted distances: to none of
    them it comes nearer than is wanted there.
    """
    bouton = int(own["bouton"][index])
    near = np.arange(max(0, bouton - 40), min(len(contents.run), bouton + 41))
    near = near[contents.run[near] == contents.run[bouton]]
    places = own[POSITION].to_numpy(float)
    this = int(np.flatnonzero(own.index == index)[0])
    apart = contents.position[near][:, None] - places[None]
    settings = contents.settings["mitochondria"]
    limits = settings["least_radius_nm"], settings["radius_nm"]
    rod = np.clip(contents.radius[near] * 0.62, *limits)
    surface = np.linalg.norm(apart, axis=2) - rod[:, None]
    free = (surface > wishes - 0.3 * contents.radius[near][:, None] - 30).all(axis=1)
    free &= ~contents.taken[near]
    start = np.argsort(np.abs(surface[:, this] - wishes[this]) + 1e6 * ~free)[0]
    for step in contents.random.permutation([-1, 1]):
        count = int(contents.random.uniform(5, 11))
        chain = start + step * np.arange(count)
        chain = chain[(chain >= 0) & (chain < len(near))]
        chain = chain[np.cumprod(free[chain]).astype(bool)]
        if len(chain) >= 3:
            contents.add_along(near[chain], places[this], wishes[this])
            return


def fill_dendrites(contents: Contents) -> None:
    """Lay mitochondria along dendrites, over the share of length the config says."""
    settings = contents.settings["mitochondria"]
    nodes = np.flatnonzero(contents.code == Compartment.DENDRITE)
    cuts = np.flatnonzero(np.diff(contents.run[nodes])) + 1
    for run in np.split(nodes, cuts):
        at = contents.random.uniform(0, settings["gap_nm"])
        while at < len(run) * STEP_NM:
            length = contents.random.uniform(*settings["length_nm"])
            chain = run[int(at / STEP_NM) : int((at + length) / STEP_NM)]
            if len(chain) >= 4:
                contents.add_along(chain)
            at += length + contents.random.exponential(settings["gap_nm"])


def fill_somata(contents: Contents) -> None:
    """Put short bent mitochondria between nucleus and membrane of cell bodies."""
    for node in np.flatnonzero(contents.code == Compartment.SOMA):
        radius = contents.radius[node]
        count = int(
            contents.settings["mitochondria"]["per_soma"] * (radius / 1000) ** 2
        )
        axes = contents.random.normal(size=(count, 2, 3))
        for first, second in axes / np.linalg.norm(axes, axis=2, keepdims=True):
            second = np.cross(first, second)
            second /= np.linalg.norm(second) + 1e-9
            angle = np.linspace(0, contents.random.uniform(0.3, 0.9), 7)[:, None]
            arc = np.cos(angle) * first + np.sin(angle) * second
            place = contents.position[node] + 0.83 * radius * arc
            rod = min(100.0, 0.1 * radius) * contents.random.uniform(0.8, 1.1)
            contents.add("mi", int(contents.cell[node]), place, rod, chain=True)


def fill_clouds(contents: Contents) -> None:
    """Gather vesicles behind the active zones of each bouton."""
    for bouton, group in contents.synapses.groupby("bouton"):
        centre, radius = contents.position[bouton], contents.radius[bouton]
        balls, widths = [], []
        for place in group[POSITION].to_numpy(float):
            inward = centre - place
            inward = inward / (np.linalg.norm(inward) + 1e-9)
            for _ in range(7):
                depth = contents.random.uniform(0.1, 0.6) * radius
                aside = contents.random.normal(0, 0.24 * radius, 3)
                balls.append(place + inward * depth + aside)
                widths.append(radius * contents.random.uniform(0.24, 0.44))
        contents.add(
            "vc", int(contents.cell[bouton]), balls, np.array(widths), chain=False
        )
