"""The grown tissue: tables that the phantom's voxels are computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Tissue:
    """Geometry of the whole phantom; grows with the number of cells, not of voxels.

    Attributes
    ----------
    cells : one row per cell index: cell (uint64 id), type, kind, sign, whole.
    nodes : cell_index, run, parent (node or -1 at a root), z_nm, y_nm, x_nm,
        radius_nm, sheath_nm, compartment; row = node.
    organelles : organelle ("mi" or "vc"), object (index from 1 per kind), node,
        parent, cell_index, z_nm, y_nm, x_nm, radius_nm.
    synapses : one row per synapse index: pre_index, post_index, z_nm, y_nm, x_nm,
        radius_nm (of the active zone), sign (`Sign`), onto, bouton (node), size.
    seed : of every random number.
    voxel_size_nm, shape_vx : of the dataset, z, y, x.
    settings : the section `phantom` of the config.
    """

    cells: pd.DataFrame
    nodes: pd.DataFrame
    organelles: pd.DataFrame
    synapses: pd.DataFrame
    seed: int
    voxel_size_nm: np.ndarray
    shape_vx: tuple[int, int, int]
    settings: dict
