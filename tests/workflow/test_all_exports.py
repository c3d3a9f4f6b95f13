"""Whole cells in a run, and all of its exports, opened by tools that others wrote."""

import json
import shutil

import h5py
import navis
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import tensorstore as ts
import trimesh
from cloudvolume import CloudVolume

from neuropil.bucket_files import list_ids
from neuropil.cells import map_to_cells
from neuropil.exports.files import write_json
from neuropil.exports.levels import describe_volume, plan_levels
from neuropil.grid import Box
from neuropil.meshes.geometry import mesh_area
from neuropil.meshes.store import read_mesh
from neuropil.skeletons.store import read_skeletons
from neuropil.storage import read_table
from workspace import ODD, SHAPE, assert_same_results, chunk_shape

ASK = ("all", "morphology", "exports", "tour")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("all_exports")]  # of one run


@pytest.fixture(scope="module")
def run(finished, tmp_path_factory):
    """The finished run with skeletons, meshes, measures, scores and exports."""
    workspace = finished.clone(tmp_path_factory.mktemp("whole") / "run")
    workspace.run(*ASK)
    return workspace


@pytest.fixture(scope="module")
def exports(run):
    return run.results / "exports"


@pytest.fixture(scope="module")
def skeletons(run):
    paths = sorted((run.results / "skeletons/buckets").glob("*.h5"))
    return dict(read_skeletons(paths))


@pytest.fixture(scope="module")
def supervoxels(run):
    with h5py.File(run.results / "phantom/volumes.h5") as file:
        return file["supervoxels"][:]


def find_mesh(run, cell):
    buckets = sorted((run.results / "meshes/cells/buckets").glob("*.h5"))
    (bucket,) = (path for path in buckets if cell in list_ids(path, "cells"))
    return read_mesh(bucket, cell)


def area_of(mesh):
    """Area of the triangles as stored; `area_um2` is that before simplification."""
    return mesh_area(mesh.vertices_nm, mesh.faces)


def labels_of(name, run, supervoxels):
    """What a volume of labels holds, worked out anew."""
    if name == "supervoxels":
        return supervoxels
    membership = read_table(run.results / "cells/membership.parquet")
    ids, index = np.unique(supervoxels, return_inverse=True)
    return map_to_cells(ids, membership)[index].reshape(supervoxels.shape)


def test_nothing_is_left_to_do(run):
    assert run.planned(*ASK) == {}


@pytest.mark.parametrize("name", ["supervoxels", "cells"])
def test_cloud_volume_and_tensorstore_read_the_same_labels(
    name, run, exports, supervoxels
):
    folder, expected = (
        exports / "neuroglancer" / name,
        labels_of(name, run, supervoxels),
    )
    volume = CloudVolume(f"file://{folder}", progress=False)
    np.testing.assert_array_equal(volume[:][..., 0].T, expected)
    spec = {
        "driver": "neuroglancer_precomputed",
        "kvstore": {"driver": "file", "path": f"{folder}/"},
    }
    store = ts.open(spec).result()
    np.testing.assert_array_equal(store[..., 0].read().result().T, expected)


def test_cloud_volume_reads_meshes_and_skeletons_of_cells(run, exports, skeletons):
    volume = CloudVolume(f"file://{exports}/neuroglancer/cells", progress=False)
    largest = sorted(skeletons, key=lambda cell: -len(skeletons[cell].edges))[:3]
    for cell in largest:
        found = volume.skeleton.get(cell)
        cable = skeletons[cell].edge_lengths_nm.sum()
        assert found.cable_length() == pytest.approx(cable, rel=1e-4)
        mesh = volume.mesh.get(cell)[cell]
        area = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).area
        assert area / 1e6 == pytest.approx(area_of(find_mesh(run, cell)), rel=0.01)


@pytest.mark.parametrize("kind", ["mi", "vc", "synapses"])
def test_cloud_volume_reads_meshes_of_other_objects(kind, run, exports, tmp_path):
    # A folder of meshes alone is for viewers; cloud-volume wants a volume around it.
    plan = plan_levels(Box.of((64, 64, 64)), (10, 10, 10), 64)
    write_json(tmp_path / "info", describe_volume(plan, "uint64", {"mesh": "mesh"}))
    folder = "synapse_meshes" if kind == "synapses" else kind
    (tmp_path / "mesh").symlink_to(exports.absolute() / "neuroglancer" / folder)
    volume = CloudVolume(f"file://{tmp_path}", progress=False)
    for bucket in sorted((run.results / f"meshes/{kind}/buckets").glob("*.h5")):
        name = int(list_ids(bucket, "objects")[0])
        mesh = volume.mesh.get(name)[name]
        area = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).area / 1e6
        assert area == pytest.approx(area_of(read_mesh(bucket, name, "objects")), 0.01)


def test_navis_reads_swc_of_the_same_cable(exports, skeletons):
    files = {int(path.stem): path for path in (exports / "swc").rglob("*.swc")}
    assert files.keys() == skeletons.keys()
    for cell, path in files.items():
        cable_um = skeletons[cell].edge_lengths_nm.sum() / 1000
        found = navis.read_swc(path).cable_length
        assert found == pytest.approx(cable_um, rel=0.01, abs=1e-3)


def test_trimesh_reads_meshes_and_networkx_the_connectome(run, exports):
    path = max((exports / "ply").rglob("*.ply"), key=lambda p: p.stat().st_size)
    area = trimesh.load(path, process=False).area
    assert area == pytest.approx(area_of(find_mesh(run, int(path.stem))), rel=1e-4)
    graph = nx.read_graphml(exports / "connectome.graphml")
    edges = read_table(run.results / "connectome/edges.parquet")
    assert graph.number_of_edges() == len(edges)
    table = pd.read_csv(exports / "tables/edges.csv")
    assert len(table) == len(edges)


def test_the_state_names_folders_that_are_there(exports):
    state = json.loads((exports / "neuroglancer/state.json").read_text())
    names = {layer["name"] for layer in state["layers"]}
    assert {"raw", "supervoxels", "cells", "mi", "vc", "synapses"} <= names
    for layer in state["layers"]:
        folder = layer["source"].rpartition(":8000/")[2]
        assert (exports / "neuroglancer" / folder / "info").exists()


def test_every_cell_is_measured(run, skeletons):
    cells = read_table(run.results / "connectome/cells.parquet")
    shapes = read_table(run.results / "cells/shapes.parquet")
    assert shapes["cell"].tolist() == cells["cell"].tolist()
    nodes = sum(len(one.radius_nm) for one in skeletons.values())
    myelin = sorted((run.results / "cells/myelin").glob("*.parquet"))
    assert sum(len(read_table(path)) for path in myelin) == nodes
    scores = json.loads((run.results / "evaluation/skeletons.json").read_text())
    scores = scores["skeletons"]
    assert (scores["cycle_count"], scores["orphan_count"]) == (0, 0)
    assert scores["distance_nm"] <= 40
    assert "myelin" in json.loads((run.results / "evaluation/myelin.json").read_text())


@pytest.mark.parametrize("chunk", [SHAPE, ODD])
def test_any_grid_gives_the_same_cells(chunk, run, tmp_path):
    other = run.clone(tmp_path / "grid")
    for folder in [*other.results.rglob("buckets")]:
        shutil.rmtree(folder)
    other.run("morphology", settings=[chunk_shape(chunk)])
    assert_same_results(run.results, other.results)
    files = [*run.results.glob("skeletons/buckets/*.h5")]
    files += run.results.glob("meshes/*/buckets/*.h5")
    assert len(files) == 2 * 6
    for path in files:
        made_anew = other.results / path.relative_to(run.results)
        assert path.read_bytes() == made_anew.read_bytes(), path


def test_the_tour_shows_what_the_run_found(run):
    page = (run.results / "tour.html").read_text()
    names = (
        "thresholds",
        "sections",
        "cells",
        "doubts",
        "matrix",
        "synapses/connectome",
    )
    for name in names:
        assert f'<a href="figures/{name}.png"><img src="data:image/' in page, name
    assert "figures/stages.png" not in page  # of supervoxels that the run made
    synapses = read_table(run.results / "connectome/synapses.parquet")
    assert f"hold {len(synapses):,} candidates" in page
    shown = read_table(run.results / "figures/cells.parquet")
    for cell in shown["cell"]:
        assert f"<td>{cell}</td>" in page
        assert len(find_mesh(run, cell).faces) > 0
