"""What Neuroglancer shows at first: numbers of cells, and a state that opens all."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from neuropil.exports.files import write_json
from neuropil.storage import read_table

NM = 1e-9  # in m
# Points that are likely synapses: excitatory ones red, inhibitory ones blue.
SHADER = """void main() {
  if (prop_p_synaptic() < 0.5) discard;
  int sign = int(prop_sign());
  vec3 color = vec3(0.8, 0.8, 0.8);
  if (sign > 0) color = vec3(0.84, 0.19, 0.15);
  if (sign < 0) color = vec3(0.27, 0.46, 0.71);
  setColor(color);
  setPointMarkerSize(6.0);
}
"""


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
    folders : names of volumes and meshes; ``raw`` is an image, ``synapses`` are points
    voxel_size_nm, middle_vx : (z, y, x) of the dataset, and the place looked at
    """
    sizes = zip("xyz", voxel_size_nm[::-1])
    state = {
        "dimensions": {axis: [size * NM, "m"] for axis, size in sizes},
        "position": [float(v) for v in middle_vx[::-1]],
        "layers": [describe_layer(name, url) for name in folders],
        "layout": "4panel",
    }
    write_json(path, state)


def describe_layer(name: str, url: str) -> dict:
    """Describe how Neuroglancer shows a folder."""
    layer = {
        "name": name,
        "type": "image" if name == "raw" else "segmentation",
        "source": f"precomputed://{url}/{name}",
        "visible": name in ("raw", "cells", "synapses"),
    }
    if name != "synapses":
        return layer
    linked = {relation: "cells" for relation in ("pre", "post")}
    return layer | {
        "type": "annotation",
        "shader": SHADER,
        "linkedSegmentationLayer": linked,
    }
