"""Skeletons for Neuroglancer and as SWC: cloud-volume and navis read what went in."""

import json

import navis
import numpy as np
import pytest
import tensorstore as ts
from cloudvolume import CloudVolume

from export_shapes import IDS, make_skeleton
from neuropil.exports.files import write_json
from neuropil.exports.levels import describe_volume, plan_levels
from neuropil.exports.shards import Entry, Sharding, write_shard
from neuropil.exports.skeletons import describe_skeletons, export_skeletons
from neuropil.exports.swc import export_swc, format_swc, order_nodes
from neuropil.grid import Box
from neuropil.skeletons.store import write_skeletons

SHARDING = Sharding(2)
SHIFT_NM = (1000.0, 0.0, -500.0)
CELLS = {cell: make_skeleton(seed) for seed, cell in enumerate(IDS)}


@pytest.fixture(scope="module")
def buckets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("buckets")
    for number in (0, 1, 2):
        part = [(c, CELLS[c]) for c in IDS[number::2]] if number < 2 else []
        write_skeletons(folder / f"0{number}.h5", part, (25, 10, 10))
    return sorted(folder.glob("*.h5"))


@pytest.fixture(scope="module")
def folder(buckets, tmp_path_factory):
    """A volume without voxels, with skeletons."""
    folder = tmp_path_factory.mktemp("skeletons")
    stages = plan_levels(Box.of((64, 64, 64)), (10, 10, 10), 64)
    links = {"skeletons": "skeletons"}
    write_json(folder / "info", describe_volume(stages, "uint64", links))
    write_json(folder / "skeletons/info", describe_skeletons(SHARDING))
    for name in SHARDING.names:
        path = folder / f"skeletons/{name}.shard"
        export_skeletons(path, buckets, SHARDING, name, SHIFT_NM)
    return folder


@pytest.mark.parametrize("cell", IDS)
def test_cloud_volume_reads_skeletons_with_their_attributes(cell, folder):
    volume = CloudVolume(f"file://{folder}", progress=False)
    found, skeleton = volume.skeleton.get(cell), CELLS[cell]
    places = (skeleton.vertices_nm + np.array(SHIFT_NM))[:, ::-1]
    np.testing.assert_array_equal(found.vertices, places.astype("f4"))
    np.testing.assert_array_equal(found.edges, skeleton.edges)
    np.testing.assert_array_equal(found.radius, skeleton.radius_nm)
    np.testing.assert_array_equal(found.component, skeleton.component)
    assert found.cable_length() == pytest.approx(
        skeleton.edge_lengths_nm.sum(), rel=1e-5
    )


def test_shards_have_the_same_bytes_each_time(buckets, folder, tmp_path):
    path = tmp_path / "again.shard"
    export_skeletons(path, buckets[::-1], SHARDING, "2", SHIFT_NM)
    assert path.read_bytes() == (folder / "skeletons/2.shard").read_bytes()


@pytest.mark.parametrize("sharding", [Sharding(3, 2), Sharding(0, 0, 5, "identity")])
def test_tensorstore_finds_what_shards_hold_and_nothing_else(sharding, tmp_path):
    rng = np.random.default_rng(0)
    ids = np.unique(np.r_[rng.integers(0, 2**64, 90, "u8"), np.arange(9, dtype="u8")])
    shards = sharding.place(ids)[0]
    for number, name in enumerate(sharding.names):
        entries = [Entry(i, b"%d" % i, b"..") for i in ids[shards == number].tolist()]
        write_shard(tmp_path / f"{name}.shard", entries, sharding)
    store = ts.KvStore.open(
        {
            "driver": "neuroglancer_uint64_sharded",
            "metadata": sharding.describe(),
            "base": {"driver": "file", "path": f"{tmp_path}/"},
        }
    ).result()
    for name in ids.tolist():
        assert store.read(name.to_bytes(8, "big")).result().value == b"%d" % name
    assert store.read((77).to_bytes(8, "big")).result().state == "missing"


def test_navis_reads_swc_with_the_same_cable(buckets, tmp_path):
    export_swc(tmp_path / "00", buckets[0])
    assert sorted(p.stem for p in (tmp_path / "00").iterdir()) == sorted(
        map(str, IDS[::2])
    )
    for path in (tmp_path / "00").iterdir():
        skeleton = CELLS[int(path.stem)]
        neuron = navis.read_swc(path)
        cable_um = skeleton.edge_lengths_nm.sum() / 1000
        assert neuron.cable_length == pytest.approx(cable_um, rel=0.01)
        assert neuron.n_trees == 2
        assert (neuron.nodes.radius > 0).all()
        np.testing.assert_allclose(
            np.sort(neuron.nodes[["z", "y", "x"]].to_numpy(), axis=0) * 1000,
            np.sort(skeleton.vertices_nm, axis=0),
            atol=0.1,
        )


def test_a_folder_of_swc_takes_the_place_of_the_one_before(buckets, tmp_path):
    (tmp_path / "02").mkdir()
    (tmp_path / "02/gone.swc").touch()
    export_swc(tmp_path / "02", buckets[2])
    assert list(tmp_path.iterdir()) == [tmp_path / "02"]
    assert not list((tmp_path / "02").iterdir())


def test_parents_come_first_and_each_component_is_one_tree():
    skeleton = make_skeleton(3, (5, 1, 9))
    order, parents = order_nodes(skeleton)
    assert (parents < np.arange(len(parents))).all()
    assert (np.flatnonzero(parents < 0) == [0, 5, 6]).all()
    assert sorted(order) == list(range(15))
    lines = format_swc(5, skeleton).splitlines()
    assert all(line.startswith("#") for line in lines[:4])
    assert "um" in lines[1]
    assert [line.split()[1] for line in lines[4:]] == ["0"] * 15


def test_the_description_names_what_nodes_have():
    info = json.loads(json.dumps(describe_skeletons(SHARDING)))
    assert [a["id"] for a in info["vertex_attributes"]][:2] == ["radius", "component"]
