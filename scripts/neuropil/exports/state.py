"""What Neuroglancer shows at first: numbers of cells, and a state that opens all."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from neuropil.exports.files import write_json
from neuropil.storage import read_table

NM = 1e-9  # in m


def export_properties(path: str | os.PathLike, cells: str) -> None:
    """Write the numbers of cells as segment properties.

    Parameters
    ----------
    path : ``info`` to write
    cells : table connectome/cells.parquet
    """
    table = read_table(cells)
    numbers = table.drop(columns="cell").select_dtypes(["number"])
    properties = [
        {
            "id": name,
            "type": "number",
            "data_type": "float32",
            "values": np.nan_to_num(numbers[name].to_numpy(float)).tolist(),
        }
        for name in numbers
    ]
    inline = {"ids": table["cell"].astype(str).tolist(), "properties": properties}
    write_json(path, {"@type": "neuroglancer_segment_properties", "inline": inline})


def export_state(
    path: str | os.PathLike,
    url: str,
    folders: Sequence[str],
    voxel_size_nm: Sequence[float],
    middle_vx: Sequence[float],
) -> None:
    """Write a state of Neuroglancer with a layer for each folder.

    Parameters
    ----------
    url : where a web server offers the folders
    folders : names of volumes and meshes; ``raw`` is an image
    voxel_size_nm, middle_vx : (z, y, x) of the dataset, and the place looked at
    """
    sizes = zip("xyz", voxel_size_nm[::-1])
    state = {
        "dimensions": {axis: [size * NM, "m"] for axis, size in sizes},
        "position": [float(v) for v in middle_vx[::-1]],
        "layers": [
            {
                "name": name,
                "type": "image" if name == "raw" else "segmentation",
                "source": f"precomputed://{url}/{name}",
                "visible": name in ("raw", "cells"),
            }
            for name in folders
        ],
        "layout": "4panel",
    }
    write_json(path, state)
