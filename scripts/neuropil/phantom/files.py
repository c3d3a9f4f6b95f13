"""Files of the phantom: the tissue and its truth as tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from neuropil.phantom.tissue import Tissue
from neuropil.schemas.base import Schema
from neuropil.schemas.phantom import TISSUE
from neuropil.storage import read_table, write_table


def save_tables(
    paths: Mapping[str, str],
    tables: Mapping[str, pd.DataFrame],
    schemas: Mapping[str, Schema],
    provenance: str = "",
) -> None:
    """Write the tables that ``paths`` names, each by its schema."""
    for name, schema in schemas.items():
        write_table(paths[name], tables[name][schema.columns], schema, provenance)


def save_tissue(paths: Mapping[str, str], tissue: Tissue, provenance: str = "") -> None:
    """Write a tissue's tables to ``paths``: cells, nodes, organelles, synapses."""
    save_tables(paths, vars(tissue), TISSUE, provenance)


def load_tissue(
    paths: Mapping[str, str], settings: dict, voxel_size_nm: Mapping[str, float]
) -> Tissue:
    """Read a tissue written by `save_tissue`.

    Parameters
    ----------
    paths : of its tables, by name
    settings : section ``phantom`` of the config
    voxel_size_nm : {z, y, x}
    """
    return Tissue(
        **{name: read_table(paths[name]) for name in TISSUE},
        seed=settings["seed"],
        voxel_size_nm=np.array([voxel_size_nm[a] for a in "zyx"], float),
        shape_vx=tuple(settings["shape_vx"][a] for a in "zyx"),
        settings=settings,
    )
