"""What Neuroglancer shows at first, by the keys that its formats have."""

import json

import numpy as np
import pandas as pd

from export_shapes import IDS
from neuropil.exports.state import export_properties, export_state


def test_the_state_has_a_layer_for_each_folder(tmp_path):
    path = tmp_path / "state.json"
    folders = ["raw", "cells", "mi", "synapses"]
    export_state(path, "http://localhost:8000", folders, (40, 4, 8), (1, 2, 3))
    state = json.loads(path.read_text())
    assert list(state["dimensions"]) == ["x", "y", "z"]
    np.testing.assert_allclose(state["dimensions"]["z"][0], 40e-9)
    assert state["position"] == [3, 2, 1]
    assert [layer["name"] for layer in state["layers"]] == folders
    assert [v["type"] for v in state["layers"]] == [
        *("image", "segmentation", "segmentation", "annotation")
    ]
    assert state["layers"][3]["linkedSegmentationLayer"] == {
        "pre": "cells",
        "post": "cells",
    }
    sources = [layer["source"] for layer in state["layers"]]
    assert sources[1] == "precomputed://http://localhost:8000/cells"


def test_properties_name_every_cell_and_its_numbers(tmp_path):
    table = {
        "cell": np.array(IDS, "u8"),
        "volume_um3": [1, 2, np.nan, 4],
        "mi": [1] * 4,
    }
    table["border"] = [True] * 4
    pd.DataFrame(table).to_parquet(tmp_path / "cells.parquet")
    export_properties(tmp_path / "info", tmp_path / "cells.parquet")
    info = json.loads((tmp_path / "info").read_text())
    assert info["@type"] == "neuroglancer_segment_properties"
    assert info["inline"]["ids"] == [str(name) for name in IDS]
    properties = info["inline"]["properties"]
    assert [p["id"] for p in properties] == ["volume_um3", "mi"]
    assert properties[0]["values"] == [1, 2, 0, 4]
    assert {p["type"] for p in properties} == {"number"}
