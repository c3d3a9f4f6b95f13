"""Files of cells: navis and trimesh read skeletons and meshes as they went in."""

import navis
import numpy as np
import pandas as pd
import pytest
import trimesh

from export_shapes import IDS, make_mesh, make_skeleton
from neuropil.exports.nodes import export_nodes
from neuropil.exports.polygons import export_polygons
from neuropil.meshes.store import write_meshes
from neuropil.skeletons.store import write_skeletons

MESHES = {cell: make_mesh(seed) for seed, cell in enumerate(IDS)}
SKELETONS = {cell: make_skeleton(seed) for seed, cell in enumerate(IDS)}


@pytest.fixture(scope="module")
def meshes(tmp_path_factory):
    path = tmp_path_factory.mktemp("meshes") / "00.h5"
    write_meshes(path, MESHES.items(), "cells")
    return path


@pytest.mark.parametrize("kind", ["ply", "obj"])
def test_trimesh_reads_meshes_of_the_same_shape(kind, meshes, tmp_path):
    export_polygons(tmp_path / "00", meshes, kind)
    assert {p.name for p in (tmp_path / "00").iterdir()} == {
        f"{cell}.{kind}" for cell in IDS
    }
    for cell, mesh in MESHES.items():
        found = trimesh.load(tmp_path / f"00/{cell}.{kind}", process=False)
        assert found.volume == pytest.approx(mesh.volume_um3, rel=1e-4)
        assert found.area == pytest.approx(mesh.area_um2, rel=1e-4)
        places = mesh.vertices_nm[:, ::-1] / 1000
        np.testing.assert_allclose(found.vertices, places, atol=1e-4)


def test_meshes_have_the_same_bytes_each_time(meshes, tmp_path):
    for name in ("one", "two"):
        export_polygons(tmp_path / name, meshes, "ply")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_navis_reads_tables_of_nodes(tmp_path):
    write_skeletons(tmp_path / "00.h5", SKELETONS.items(), (25, 10, 10))
    export_nodes(tmp_path / "00.parquet", tmp_path / "00.h5")
    neurons = navis.read_parquet(tmp_path / "00.parquet", progress=False)
    assert sorted(int(n.id) for n in neurons) == sorted(SKELETONS)
    for neuron in neurons:
        skeleton = SKELETONS[int(neuron.id)]
        cable_um = skeleton.edge_lengths_nm.sum() / 1000
        assert neuron.cable_length == pytest.approx(cable_um, rel=0.01)
        assert neuron.n_trees == 2
        assert str(neuron.units) == "1 micrometer"


def test_a_bucket_without_skeletons_is_an_empty_table(tmp_path):
    write_skeletons(tmp_path / "00.h5", [], (25, 10, 10))
    export_nodes(tmp_path / "00.parquet", tmp_path / "00.h5")
    table = pd.read_parquet(tmp_path / "00.parquet")
    assert len(table) == 0
    assert table["neuron"].dtype == "uint64"
