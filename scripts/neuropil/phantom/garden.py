"""Cells as they grow: their nodes, and how crowded the tissue is where."""

from __future__ import annotations

import numpy as np
import pandas as pd

from neuropil.kernels.phantom_growth import fill, walk
from neuropil.phantom.noise import derive_seed

BIN_NM = 250.0
STEP_NM = 90.0
CELL_COLUMNS = ["type", "kind", "whole"]
POSITION = ["z_nm", "y_nm", "x_nm"]
WIDTHS = ["radius_nm", "sheath_nm", "compartment"]
NODE_COLUMNS = [*POSITION, "cell_index", "run", "parent", *WIDTHS]


class Garden:
    """Cells as they grow in a domain.

    Parameters
    ----------
    settings : section `phantom` of the config
    low, high : (3,) in nm, the domain
    seed : of every random number
    """

    def __init__(
        self, settings: dict, low: np.ndarray, high: np.ndarray, seed: int
    ) -> None:
        self.settings = settings
        self.types = settings["types"]
        self.low = np.asarray(low, float)
        self.high = np.asarray(high, float)
        self.seed = seed
        self.random = np.random.default_rng([seed, 1])
        shape = np.ceil((self.high - self.low) / BIN_NM).astype(int)
        self.filled = np.zeros(shape, np.float32)
        self.cells: list[tuple] = []
        self.parts: list[np.ndarray] = []
        self.node_count = 0

    @property
    def volume_um3(self) -> float:
        """Volume of the domain."""
        return float(np.prod((self.high - self.low) / 1000.0))

    def add_cell(self, name: str, kind: str, whole: bool) -> int:
        """Begin a cell and return its index (from 1)."""
        self.cells.append((name, kind, whole))
        return len(self.cells)

    def add_nodes(
        self, cell: int, compartment: int, position, parent: int, widths
    ) -> np.ndarray:
        """Add a run of nodes, each the child of the one before; return them.

        ``widths`` are radius and thickness of the sheath, in nm.
        """
        n = len(position)
        nodes = self.node_count + np.arange(n)
        part = np.empty((n, len(NODE_COLUMNS)))
        part[:, :3] = position
        part[:, 3] = cell
        part[:, 4] = len(self.parts)
        part[:, 5] = np.append(parent, nodes[:-1])[:n]
        part[:, 6], part[:, 7] = widths
        part[:, 8] = compartment
        self.parts.append(part)
        self.node_count += n
        outer = part[:, 6] + part[:, 7]
        volume = np.pi * outer**2 * STEP_NM
        fill(self.filled, BIN_NM, self.low, part[:, :3], outer, volume)
        return nodes

    def trace(self, start, heading, spec: dict, length_nm: float) -> np.ndarray:
        """Walk from a start; return the positions after each step, (N, 3)."""
        steps = max(1, int(length_nm / STEP_NM))
        out = np.empty((steps, 3))
        seed = derive_seed(self.seed, "walk", len(self.parts), self.node_count)
        shape = np.array([STEP_NM, spec["turn"], 0.35])
        count = walk(
            np.asarray(start, float),
            np.asarray(heading, float),
            shape,
            self.filled,
            BIN_NM,
            self.low,
            self.high,
            seed,
            out,
        )
        return out[:count]

    def emptiest(self, tries: int = 24) -> np.ndarray:
        """Position of the least crowded of some random places."""
        places = self.random.uniform(self.low, self.high, (tries, 3))
        bins = ((places - self.low) / BIN_NM).astype(int)
        bins = np.minimum(bins, np.array(self.filled.shape) - 1)
        return places[np.argmin(self.filled[tuple(bins.T)])]

    def heading(self) -> np.ndarray:
        """Random direction."""
        direction = self.random.normal(size=3)
        return direction / np.linalg.norm(direction)

    def frames(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Tables of cells and nodes as grown so far."""
        cells = pd.DataFrame(self.cells, columns=CELL_COLUMNS)
        nodes = pd.DataFrame(np.concatenate(self.parts), columns=NODE_COLUMNS)
        whole = ["cell_index", "run", "parent", "compartment"]
        return cells, nodes.astype(dict.fromkeys(whole, np.int64))
