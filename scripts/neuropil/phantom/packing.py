"""Push grown neurites apart until they lie side by side, as in packed tissue."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuropil.kernels.phantom_growth import bin_nodes, find_pairs, relax
from neuropil.phantom.types import Compartment

POSITION = ["z_nm", "y_nm", "x_nm"]
BIN_NM = 400.0
LARGE_NM = 400.0
SKIN_NM = 60.0
SWEEPS = 8  # of relaxation, between two searches for pairs


def pack_nodes(
    nodes: pd.DataFrame, links: np.ndarray, domain: np.ndarray, rounds: int
) -> np.ndarray:
    """Relax the positions of nodes; each cell's neurites keep their length.

    Parameters
    ----------
    nodes : table of `grow_cells`
    links : (L, 3) float64: node, node, distance in nm that they shall have; the first
        node's cell may overlap the second node
    domain : (2, 3), low and high in nm
    rounds : searches for pairs, each followed by `SWEEPS` sweeps

    Returns
    -------
    Positions (N, 3) in nm, z, y, x.
    """
    position = nodes[POSITION].to_numpy(float).copy()
    radius = (nodes["radius_nm"] + nodes["sheath_nm"]).to_numpy(float)
    cell = nodes["cell_index"].to_numpy(np.int64)
    parent = nodes["parent"].to_numpy(np.int64)
    partner = np.zeros(len(nodes), np.int64)
    partner[links[:, 1].astype(int)] = cell[links[:, 0].astype(int)]
    rest = np.linalg.norm(position - position[parent], axis=1)
    mobility = node_mobility(nodes, radius)
    for _ in range(rounds):
        pairs = overlapping_pairs(position, radius, cell, partner, domain)
        relax(position, radius, mobility, parent, rest, pairs, links, domain, SWEEPS)
    return position


def node_mobility(nodes: pd.DataFrame, radius: np.ndarray) -> np.ndarray:
    """How easily nodes move: thin ones most, cell bodies not at all."""
    mobility = np.clip((100.0 / radius) ** 2, 0.02, 1.0)
    mobility[nodes["compartment"] == Compartment.SOMA] = 0.0
    return mobility


def overlapping_pairs(position, radius, cell, partner, domain) -> np.ndarray:
    """Pairs (P, 2) of nodes of different cells that are nearer than radii and skin."""
    shape = np.maximum(1, np.ceil((domain[1] - domain[0]) / BIN_NM)).astype(np.int64)
    first, order = bin_nodes(position, BIN_NM, domain[0], shape)
    bins = (first, order, shape, domain[0], BIN_NM)
    pairs = np.empty((24 * len(position) + 1000, 2), np.int64)
    near = (LARGE_NM, SKIN_NM)
    count = find_pairs(position, radius, cell, partner, bins, near, pairs)
    if count > len(pairs):
        pairs = np.empty((count, 2), np.int64)
        find_pairs(position, radius, cell, partner, bins, near, pairs)
    return pairs[:count]
