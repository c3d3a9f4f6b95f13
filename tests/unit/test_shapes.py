"""Shape of whole cells, and organelles along their skeletons, on cells made by hand."""

import numpy as np
import pandas as pd
import pytest

from neuropil.cell_places import measure_paths, measure_places
from neuropil.cell_shapes import measure_shapes, read_areas
from neuropil.grid import Box
from neuropil.schemas.shapes import FACES, PLACES, shape_schema
from neuropil.skeletons.store import Skeleton, write_skeletons
from neuropil.storage import as_table

LARGE = 2**63 + 1
SETTINGS = {"soma_radius_nm": 1000, "min_path_um": 5, "min_box_nm": 1000}


def make_skeleton():
    """A straight cable of 5 nodes along x, thickest at the third, and one of 2."""
    places = [(0, 0, 1000 * i) for i in range(5)] + [(0, 9000, 0), (0, 9000, 500)]
    edges = [(0, 1), (1, 2), (2, 3), (3, 4), (5, 6)]
    radius = [100, 200, 2000, 200, 100, 50, 60]
    columns = (places, "f4"), (edges, "u4"), (radius, "f4"), ([0] * 5 + [1] * 2, "u4")
    return Skeleton(*(np.array(*column) for column in columns))


def make_objects(cells, places):
    table = pd.DataFrame(places, columns=["z_nm", "y_nm", "x_nm"], dtype=float)
    table["object"] = np.arange(1, len(table) + 1, dtype="u8")
    table["cell"] = np.array(cells, "u8")
    return table.assign(volume_um3=0.5)


@pytest.fixture
def bucket(tmp_path):
    path = tmp_path / "00.h5"
    write_skeletons(path, [(7, make_skeleton()), (LARGE, make_skeleton())], (9, 9, 9))
    return path


def test_paths_begin_at_the_thickest_node_of_each_tree():
    path, thickest = measure_paths(make_skeleton())
    assert thickest.tolist() == [2, 6]
    assert path.tolist() == [2000, 1000, 0, 1000, 2000, 500, 0]


def test_objects_lie_at_the_nearest_node_of_their_own_cell(bucket):
    places = [(0, 300, 4100), (0, 9000, 100), (0, 0, 0), (0, 0, 2000)]
    objects = make_objects([7, 7, LARGE, 5], places)
    table = measure_places(bucket, {"mi": objects, "vc": objects[:1]}, 1000)
    as_table(table, PLACES)
    assert table["organelle"].tolist() == ["mi", "mi", "vc", "mi"]
    assert table["cell"].tolist() == [7, 7, 7, LARGE]
    assert table["node"].tolist() == [4, 5, 4, 0]
    assert table["component"].tolist() == [0, 1, 0, 0]
    np.testing.assert_allclose(
        table["distance_nm"], [100 * 10**0.5, 100, 100 * 10**0.5, 0]
    )
    assert table["hub_nm"].tolist() == [2000, 500, 2000, 2000]
    np.testing.assert_array_equal(table["soma_nm"], [2000, np.nan, 2000, 2000])


def test_no_objects_are_a_table_without_rows(bucket):
    objects = make_objects([5], [(0, 0, 0)])
    for organelles in ({}, {"mi": objects}, {"mi": objects[:0]}):
        table = measure_places(bucket, organelles, 1000)
        as_table(table, PLACES)
        assert len(table) == 0


def make_cells():
    cells = pd.DataFrame({"cell": np.array([3, 7, LARGE], "u8")})
    for axis, starts, stops in (
        ("z", [0, 5, 5], [10, 20, 9]),
        ("y", [2, 0, 5], [100, 90, 9]),
        ("x", [2, 5, 5], [100, 90, 9]),
    ):
        cells[f"start_{axis}_vx"], cells[f"stop_{axis}_vx"] = starts, stops
    columns = {"volume_um3": [1.0, 2.0, 3.0], "synapses_in": [4, 6, 2]}
    columns |= {"synapses_out": [1, 0, 0], "mi_count": [2, 3, 1]}
    return cells.assign(**columns, mi_volume_um3=0.1, contact_partner_count=9)


def make_tables():
    skeletons = pd.DataFrame(
        {"cell": np.array([3, 7], "u8"), "path_length_um": [2.0, 8]}
    )
    skeletons = skeletons.assign(branch_count=1, end_count=3, component_count=[2, 1])
    skeletons["max_radius_nm"] = [500.0, 1500]
    return skeletons, pd.DataFrame({"id": np.array([7], "u8"), "area_um2": [12.5]})


def test_shapes_of_cells():
    space = (Box((0, 0, 0), (20, 100, 100)), (40, 10, 10))
    table = measure_shapes(make_cells(), *make_tables(), space, SETTINGS, ["mi"])
    as_table(table, shape_schema(["mi"]))
    table = table.set_index("cell")
    assert table["path_length_um"].tolist() == [2, 8, 0]
    assert table["component_count"].tolist() == [2, 1, 0]
    assert table["has_soma"].tolist() == [False, True, False]
    np.testing.assert_array_equal(table["area_um2"], [np.nan, 12.5, np.nan])
    assert table["box_nm"].iloc[0] == pytest.approx((400**2 + 2 * 980**2) ** 0.5)
    assert table["is_small"].tolist() == [True, False, True]
    leaves = {c: [f[7:] for f in FACES if table.loc[c, f]] for c in table.index}
    assert leaves == {
        3: ["low_z", "high_y", "high_x"],
        7: ["high_z", "low_y"],
        LARGE: [],
    }
    assert table["is_whole"].tolist() == [False, False, True]
    np.testing.assert_array_equal(table["synapses_in_per_um"], [2, 0.75, np.nan])
    np.testing.assert_array_equal(table["mi_per_um"], [1, 3 / 8, np.nan])


def test_a_dataset_without_meshes_has_no_areas():
    space = (Box((0, 0, 0), (20, 100, 100)), (40, 10, 10))
    skeletons, _ = make_tables()
    table = measure_shapes(make_cells(), skeletons, read_areas([]), space, SETTINGS, [])
    assert table["area_um2"].isna().all()
