"""Synapses: what each bouton of the packed tissue sits on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from neuropil.phantom.boutons import touching_distance
from neuropil.phantom.types import Compartment, Sign

POSITION = ["z_nm", "y_nm", "x_nm"]
TARGETS = {
    Compartment.SPINE_HEAD: "head",
    Compartment.DENDRITE: "shaft",
    Compartment.SOMA: "soma",
    Compartment.AXON: "axon",
    Compartment.BOUTON: "axon",
}
SIGNS = {"asymmetric": Sign.ASYMMETRIC, "symmetric": Sign.SYMMETRIC}
GAP_NM = 60.0
WIDE_NM = 480.0  # nodes above it are few, and looked at one by one


class Targets:
    """Where boutons of packed tissue look for something to sit on.

    Parameters
    ----------
    cells, nodes : tables of the tissue, nodes packed
    settings : section `phantom` of the config
    seed : of every random number
    """

    def __init__(
        self, cells: pd.DataFrame, nodes: pd.DataFrame, settings: dict, seed: int
    ) -> None:
        self.rules = settings["wiring"]
        self.random = np.random.default_rng([seed, 3])
        self.type = cells["type"].to_numpy(str)
        self.position = nodes[POSITION].to_numpy(float)
        self.radius = nodes["radius_nm"].to_numpy(float)
        self.cell = nodes["cell_index"].to_numpy()
        self.onto = nodes["compartment"].map(TARGETS).fillna("").to_numpy(str)
        self.onto[nodes["sheath_nm"].to_numpy() > 0] = ""
        self.wide = np.flatnonzero((self.radius > WIDE_NM) & (self.onto != ""))
        self.tree = cKDTree(self.position)

    def touching(self, bouton: int) -> tuple[np.ndarray, np.ndarray]:
        """Nodes of other cells that a bouton touches or nearly does, and the gaps."""
        reach = self.radius[bouton] + WIDE_NM + GAP_NM
        near = self.tree.query_ball_point(self.position[bouton], reach)
        near = np.union1d(near, self.wide).astype(int)
        near = near[(self.onto[near] != "") & (self.cell[near] != self.cell[bouton])]
        apart = np.linalg.norm(self.position[near] - self.position[bouton], axis=1)
        gap = apart - self.radius[near] - self.radius[bouton]
        return near[gap < GAP_NM], gap[gap < GAP_NM]

    def choose(self, bouton: int, wish: str) -> int | None:
        """Node that a bouton sits on, by its cell's rules; None if it touches none."""
        near, gap = self.touching(bouton)
        rule = self.rules[self.type[self.cell[bouton] - 1]]
        likes = np.array([rule["onto"].get(o, 0.0) for o in self.onto[near]])
        if (self.onto[near] == wish).any():
            likes = likes * (self.onto[near] == wish)
        types = self.type[self.cell[near] - 1]
        likes = likes * np.array([rule["prefers"].get(t, 1.0) for t in types])
        likes = likes * np.exp(-gap / 40.0)
        if likes.sum() == 0:
            return None
        return int(self.random.choice(near, p=likes / likes.sum()))


def connect_boutons(targets: Targets, boutons: pd.DataFrame, links: np.ndarray):
    """Choose a target for each bouton that no spine has grown to.

    Parameters
    ----------
    targets : Targets
    boutons : table of node, area_um2, size, onto
    links : (L, 3) float64: bouton, spine head, distance in nm

    Returns
    -------
    Links (M, 3) of all boutons that have a target, those of spines first.
    """
    taken = set(links[:, 0].astype(int))
    rows = []
    for bouton, wish in zip(boutons["node"], boutons["onto"]):
        if bouton not in taken:
            target = targets.choose(bouton, "shaft" if wish == "head" else wish)
            if target is not None:
                radii = targets.radius[bouton], targets.radius[target]
                rows.append((bouton, target, touching_distance(*radii)))
    return np.concatenate([links, np.array(rows, float).reshape(-1, 3)])


def place_synapses(
    cells: pd.DataFrame, nodes: pd.DataFrame, boutons: pd.DataFrame, links: np.ndarray
) -> pd.DataFrame:
    """Put an active zone between each bouton and its target.

    Returns
    -------
    One row per synapse: pre_index, post_index, place (z_nm, y_nm, x_nm) and radius_nm
    of the active zone, sign, onto, bouton (node), size (standard normal deviate).
    """
    bouton, target = links[:, 0].astype(int), links[:, 1].astype(int)
    position = nodes[POSITION].to_numpy(float)
    radius = nodes["radius_nm"].to_numpy(float)
    between = position[target] - position[bouton]
    apart = np.linalg.norm(between, axis=1)
    share = 0.5 * (1 + (radius[bouton] - radius[target]) / apart)
    place = position[bouton] + between * share[:, None]
    table = pd.DataFrame(place, columns=POSITION)
    made = boutons.set_index("node").loc[bouton]
    cell = nodes["cell_index"].to_numpy()
    table["pre_index"] = cell[bouton]
    table["post_index"] = cell[target]
    table["radius_nm"] = 1000 * np.sqrt(made["area_um2"].to_numpy() / np.pi)
    table["sign"] = cells["sign"].to_numpy()[cell[bouton] - 1]
    table["onto"] = nodes["compartment"].map(TARGETS).to_numpy()[target]
    table["bouton"] = bouton
    table["size"] = made["size"].to_numpy()
    return table.sort_values(["pre_index", "bouton"], ignore_index=True)
