"""The style of an image changes grey values alone: no map, no label, no count."""

import h5py
import hdf5plugin  # noqa: F401 (reads what the volumes are packed with)
import numpy as np
import pandas as pd
import pytest

from neuropil.grid import Box
from neuropil.phantom.assembly import grow_tissue
from neuropil.phantom.maps import ROLES
from neuropil.phantom.render import find_false_objects, render_chunk
from phantom_tissue import SIZE, phantom_settings

SHAPE = (12, 40, 40)


def render(folder, style):
    """Volumes by name, and tables, of a small phantom in one style."""
    settings = phantom_settings(shape_vx=dict(zip("zyx", SHAPE)), padding_nm=300)
    settings["image"] = settings["image"] | {"style": style}
    tissue = grow_tissue(settings, SIZE)
    whole, paths = Box.of(SHAPE), [folder / f"{style}{i}.h5" for i in range(2)]
    false_objects = find_false_objects(tissue)
    tables = render_chunk(tissue, false_objects, paths, (whole, whole, SHAPE), 1)
    found = {}
    for number, path in enumerate(paths):
        with h5py.File(path) as file:
            found |= {f"{number}:{name}": data[:] for name, data in file.items()}
    return found, [tissue.nodes, tissue.synapses, false_objects, *tables]


@pytest.mark.slow
def test_all_styles_have_the_same_maps_and_truth(tmp_path):
    styles = phantom_settings()["image"]["styles"]
    assert {"sbem", "fibsem", "sstem"} <= {*styles}
    volumes, tables = zip(*(render(tmp_path, style) for style in styles))
    assert {f"0:{role}" for role in ROLES} < {*volumes[0]}
    for other, others in zip(volumes[1:], tables[1:]):
        assert other.keys() == volumes[0].keys()
        for name, array in volumes[0].items():
            same = np.array_equal(array, other[name])
            assert same != (name == "0:raw"), name
        for one, table in zip(tables[0], others):
            pd.testing.assert_frame_equal(one, table, check_exact=True)
    for name in ("0:membrane", "0:supervoxels", "1:cells"):
        assert len(np.unique(volumes[0][name])) > 3, name
