"""Cells as a whole: shape, completeness, and densities along their skeletons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from neuropil.grid import Box
from neuropil.schemas.shapes import FACES
from neuropil.storage import read_table

OF_SKELETON = {
    "path_length_um": 0.0,
    "branch_count": 0,
    "end_count": 0,
    "component_count": 0,
    "max_radius_nm": np.nan,
}


def read_areas(paths: Sequence[str]) -> pd.DataFrame:
    """Read id and area_um2 of meshes; no rows if nothing is meshed."""
    none = pd.DataFrame(
        {"id": pd.Series(dtype="u8"), "area_um2": pd.Series(dtype="f8")}
    )
    return pd.concat([none, *(read_table(path, [*none]) for path in paths)])


def measure_shapes(
    cells: pd.DataFrame,
    skeletons: pd.DataFrame,
    meshes: pd.DataFrame,
    space: tuple[Box, Sequence[float]],
    settings: Mapping,
    organelles: Sequence[str],
) -> pd.DataFrame:
    """Put together what is known of whole cells.

    Parameters
    ----------
    cells : connectome/cells.parquet
    skeletons, meshes : tables of the schemas of these names, of all buckets; of
        meshes, id and area_um2 (`read_areas`)
    space : box of the dataset, and its voxel size (z, y, x)
    settings : soma_radius_nm, min_path_um, min_box_nm. Small cells are marked, not
        dropped
    organelles : that ``cells`` counts

    Returns
    -------
    Table of schema ``shapes``, a row per cell
    """
    box, voxel_size_nm = space
    out = cells[["cell", "volume_um3"]].join(
        skeletons.set_index("cell")[[*OF_SKELETON]], on="cell"
    )
    out = out.fillna(OF_SKELETON).astype({n: int for n in OF_SKELETON if "count" in n})
    out = out.join(meshes.set_index("id")["area_um2"], on="cell")
    low, high = (
        cells[[f"{end}_{a}_vx" for a in "zyx"]].to_numpy() for end in ("start", "stop")
    )
    out["box_nm"] = np.linalg.norm((high - low) * np.asarray(voxel_size_nm), axis=1)
    leaves = np.stack([low <= np.array(box.start), high >= np.array(box.stop)], axis=2)
    out[[*FACES]] = leaves.reshape(len(cells), len(FACES))
    out["is_whole"] = ~leaves.any(axis=(1, 2))
    out["has_soma"] = out["max_radius_nm"] >= settings["soma_radius_nm"]
    short = out["path_length_um"] < settings["min_path_um"]
    out["is_small"] = short | (out["box_nm"] < settings["min_box_nm"])
    return add_densities(out, cells, organelles)


def add_densities(
    shapes: pd.DataFrame, cells: pd.DataFrame, organelles: Sequence[str]
) -> pd.DataFrame:
    """Add synapses and objects of organelles per µm of path; NaN without a path."""
    path = shapes["path_length_um"].where(shapes["path_length_um"] > 0)
    counted = {name: f"{name}_count" for name in organelles}
    counted |= {name: name for name in ("synapses_in", "synapses_out")}
    return shapes.assign(**{f"{n}_per_um": cells[c] / path for n, c in counted.items()})
