"""Synapses for Neuroglancer: cloud-volume reads what went in, by id, cell and place."""

import numpy as np
import pandas as pd
import pytest
from cloudvolume import from_cloudpath

from export_shapes import IDS
from neuropil.exports.annotations import export_annotations, plan_spatial_levels
from neuropil.exports.shards import Sharding

SPACE_NM = ((4000, 5000, 2000), (14000, 25000, 42000), (4000, 5000, 2000))
NUMBERS = ["area_um2", "p_synaptic", "p_direction"]


def make_synapses(count, seed=0):
    rng = np.random.default_rng(seed)
    size = np.subtract(SPACE_NM[1], SPACE_NM[0])
    places = rng.uniform(0, size, (count, 3)).astype("f4")
    table = pd.DataFrame(places, columns=["z_nm", "y_nm", "x_nm"])
    table["synapse"] = np.arange(count, dtype="u8") + np.uint64(2**63)
    table["pre"], table["post"] = rng.choice(np.array(IDS, "u8"), (2, count))
    table["sign"] = rng.integers(-1, 2, count).astype("i1")
    for name in NUMBERS:
        table[name] = rng.uniform(size=count).astype("f4")
    return table


def export(folder, table, limit):
    table.to_parquet(folder / "synapses.parquet")
    settings = (SPACE_NM, Sharding(2), limit)
    export_annotations(folder / "points", folder / "synapses.parquet", *settings)
    return from_cloudpath(f"file://{folder}/points", progress=False)


@pytest.fixture(scope="module")
def table():
    return make_synapses(500)


@pytest.fixture(scope="module")
def volume(table, tmp_path_factory):
    return export(tmp_path_factory.mktemp("annotations"), table, 100)


def places_of(table):
    """Where viewers see synapses: x, y, z."""
    return (table[["z_nm", "y_nm", "x_nm"]] + SPACE_NM[2]).to_numpy("f4")[:, ::-1]


def assert_same(points, table):
    order, rows = np.argsort(points.ids), table.sort_values("synapse")
    np.testing.assert_array_equal(points.ids[order], rows["synapse"])
    np.testing.assert_array_equal(points.geometry[order], places_of(rows))
    for name in (*NUMBERS, "sign"):
        np.testing.assert_array_equal(points.properties[name][order], rows[name])


def test_synapses_are_found_by_id(volume, table):
    assert volume.get_by_id(table["synapse"].tolist()).keys() == {*table["synapse"]}
    for i in (0, 77, 499):
        row = table.astype(object).iloc[i]
        found = volume.get_by_id(int(row["synapse"]))
        np.testing.assert_array_equal(found.geometry.ravel(), places_of(table)[i])
        assert found.relationships["pre"].tolist() == [row["pre"]]
        assert found.relationships["post"].tolist() == [row["post"]]
        for name in (*NUMBERS, "sign"):
            assert found.properties[name] == row[name]


@pytest.mark.parametrize("relation", ["pre", "post"])
@pytest.mark.parametrize("cell", IDS)
def test_synapses_are_found_by_their_cells(relation, cell, volume, table):
    points = volume.get_by_relationship(relation, cell)
    assert_same(points, table[table[relation] == np.uint64(cell)])


def test_every_synapse_is_found_in_one_level_of_the_spatial_index(volume, table):
    levels = volume.meta.info["spatial"]
    assert len(levels) > 2
    found = [volume.get_all(mip=mip).ids for mip in range(len(levels))]
    np.testing.assert_array_equal(
        np.sort(np.concatenate(found)), np.sort(table["synapse"])
    )
    assert 60 < len(found[0]) < 140


def test_a_box_holds_the_synapses_in_it(tmp_path, table):
    volume = export(tmp_path, table, len(table))
    assert_same(volume.get_all(), table)
    low, high = np.array([2000, 5000, 4000]), np.array([20000, 15000, 12000])
    points = volume.get_by_bbox(tuple(map(slice, low.tolist(), high.tolist())))
    inside = ((places_of(table) >= low) & (places_of(table) <= high)).all(axis=1)
    assert 0 < inside.sum() < len(table)
    np.testing.assert_array_equal(np.sort(points.ids), table["synapse"][inside])


def test_no_synapses_can_be_exported(tmp_path, table):
    assert len(export(tmp_path, table[:0], 100).get_all().ids) == 0


def test_points_in_one_place_end_in_the_finest_level():
    ids, places = np.arange(100, dtype="u8"), np.full((100, 3), 5.0)
    levels = plan_spatial_levels(ids, places, (30_000, 20_000, 10_000), 5)
    rows = np.concatenate([level.rows for level in levels])
    assert np.sort(rows).tolist() == list(range(100))
    assert len(levels) == 10


def test_the_same_bytes_each_time(tmp_path, table):
    files = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        export(folder, table, 100)
        paths = sorted(p for p in folder.glob("points/**/*") if p.is_file())
        files.append([p.read_bytes() for p in paths])
    assert files[0] == files[1]
