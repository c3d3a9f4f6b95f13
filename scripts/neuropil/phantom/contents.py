"""What neurites hold: mitochondria and vesicle clouds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuropil.phantom.growth import STEP_NM
from neuropil.phantom.types import Compartment

POSITION = ["z_nm", "y_nm", "x_nm"]
NUMBERS = ["object", "node", "parent", "cell_index", *POSITION, "radius_nm"]
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
        self.radius = nodes["radius_nm"].to_numpy(float)
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

    def add_along(self, nodes: np.ndarray) -> None:
        """Add a mitochondrion along successive nodes of a neurite."""
        radius = self.radius[nodes]
        wide = self.settings["mitochondria"]["radius_nm"]
        rod = np.minimum(np.median(radius) * 0.62, wide * self.random.uniform(0.8, 1.2))
        rod = np.minimum(np.full(len(nodes), rod), radius - 28)
        if rod.min() < 30:
            return
        rod = rod * self.random.uniform(0.92, 1.05, len(nodes))
        aside = self.random.normal(size=3)
        aside = aside / np.linalg.norm(aside)
        room = np.maximum(radius - rod - 30, 0)
        place = self.position[nodes] + aside * (0.75 * room.min())
        self.add("mi", int(self.cell[nodes[0]]), place, rod, chain=True)
        self.taken[nodes] = True

    def table(self) -> pd.DataFrame:
        """Nodes of all objects."""
        table = pd.DataFrame(np.concatenate(self.parts), columns=NUMBERS)
        table = table.astype(dict.fromkeys(NUMBERS[:4], np.int64))
        table.insert(0, "organelle", np.concatenate(self.names))
        return table


def place_organelles(cells, nodes, synapses, settings: dict, seed: int) -> pd.DataFrame:
    """Put mitochondria and vesicle clouds into the cells of packed tissue.

    Presynaptic mitochondria of spiny (SPN) axons are nearer to larger synapses, those
    of pallidal-like (GP) axons are near to all, as in Fig. 2e of the SyConn2 paper.

    Returns
    -------
    One row per node: organelle ("mi" or "vc"), object (from 1 per organelle), node,
    parent (or -1), cell_index, z_nm, y_nm, x_nm, radius_nm.
    """
    contents = Contents(cells, nodes, synapses, settings, seed)
    for synapse in synapses.itertuples():
        fill_bouton(contents, synapse)
    fill_dendrites(contents)
    fill_somata(contents)
    fill_clouds(contents)
    return contents.table()


def fill_bouton(contents: Contents, synapse) -> None:
    """Place a mitochondrion at the distance from a synapse that its type wants."""
    name = contents.type[synapse.pre_index - 1]
    wish = contents.settings["types"][name]["bouton"]["mitochondria"]
    if contents.random.random() >= wish["share"]:
        return
    median = wish["large_nm"] if synapse.size > 0 else wish["small_nm"]
    distance = median * np.exp(contents.random.normal(0, wish["spread"]))
    place = np.array([synapse.z_nm, synapse.y_nm, synapse.x_nm])
    low, high = synapse.bouton - 40, synapse.bouton + 41
    near = np.arange(max(0, low), min(len(contents.run), high))
    near = near[contents.run[near] == contents.run[synapse.bouton]]
    surface = np.linalg.norm(contents.position[near] - place, axis=1)
    surface = surface - np.minimum(contents.radius[near] * 0.62, 110)
    for side in contents.random.permutation([-1, 1]):
        half = near[np.sign(near - synapse.bouton + 0.5 * side) == side]
        gap = surface[half - near[0]]
        fits = half[(gap > distance - 60) & ~contents.taken[half]]
        order = np.argsort(side * fits)
        chain = fits[order][: int(contents.random.uniform(5, 11))]
        if len(chain) >= 3 and abs(np.diff(chain)).max() == 1:
            contents.add_along(chain)
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
                depth = contents.random.uniform(0.25, 0.8) * radius
                aside = contents.random.normal(0, 0.3 * radius, 3)
                balls.append(place + inward * depth + aside)
                widths.append(radius * contents.random.uniform(0.28, 0.5))
        contents.add(
            "vc", int(contents.cell[bouton]), balls, np.array(widths), chain=False
        )
