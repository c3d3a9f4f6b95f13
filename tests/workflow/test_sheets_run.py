"""Meshes of synapses and contacts in a run: all of them, from all of their voxels."""

import numpy as np
import pytest

from neuropil.bucket_files import list_ids
from neuropil.buckets import bucket_names
from neuropil.meshes.store import read_mesh
from neuropil.meshes.voxels import read_voxels
from neuropil.storage import read_table
from workspace import Workspace

TABLES = {
    "synapses": ("connectome/synapses.parquet", "synapse"),
    "contacts": ("contacts/contacts.parquet", "contact"),
}
BUCKETS = bucket_names(2)
ASK = tuple(f"results/tiny/meshes/{sheet}/areas.parquet" for sheet in TABLES)


@pytest.mark.slow
def test_all_synapses_and_contacts_are_meshed_from_all_of_their_voxels(copy):
    copy.run("--", *ASK)
    for sheet, (path, column) in TABLES.items():
        table = read_table(copy.results / path)
        folder = copy.results / "meshes" / sheet
        chunks = sorted((folder / "chunks").iterdir())
        counts, listed = {}, []
        for number, bucket in enumerate(BUCKETS):
            counts |= {n: v.count for n, v in read_voxels(chunks, number)}
            file = folder / f"buckets/{bucket}.h5"
            listed += list_ids(file, "objects").tolist()
            mesh = read_mesh(file, listed[-1], "objects")
            assert len(mesh.faces)
        ids, voxels = table[column].tolist(), table["voxel_count"]
        assert counts == dict(zip(ids, voxels))
        assert sorted(listed) == ids
        areas = read_table(folder / "areas.parquet")
        assert areas["id"].tolist() == ids
        np.testing.assert_array_equal(areas["area_um2"], table["area_um2"])
        assert areas["is_closed"].all()
        large = (voxels > 1000).to_numpy()
        volumes = voxels * np.prod((25, 10, 10)) / 1e9
        np.testing.assert_allclose(
            areas["volume_um3"][large], volumes[large], rtol=0.02
        )
    assert copy.planned("--", *ASK) == {}
    # What has not changed is not meshed again, though all chunks have been read anew.
    again = ("--forcerun", "extract_sheets", "--", *ASK)
    copy.run(*again)
    logs = sorted(copy.results.glob("logs/merge_sheets/*/*.log"))
    last = max(p.stat().st_mtime for p in copy.results.glob("logs/extract_sheets/*/*"))
    assert len(logs) == 4
    assert all(path.stat().st_mtime < last for path in logs)


def without_open3d(folder):
    """A file that Python runs when it starts, after which open3d can't be imported."""
    text = "import sys\nsys.modules['open3d'] = None\n"
    (folder / "sitecustomize.py").write_text(text)
    return str(folder)


@pytest.mark.slow
def test_without_open3d_a_run_stops_before_long_work(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", without_open3d(tmp_path))
    workspace = Workspace(tmp_path / "run")
    settings = ["meshes={synapses: {method: poisson}}"]
    done = workspace.call("--show-failed-logs", *ASK, cores=1, settings=settings)
    assert done.returncode != 0
    text = done.stdout + done.stderr
    assert "pip install -r requirements-poisson.lock" in text
    assert "apt-get install libusb-1.0-0" in text
    assert not list(workspace.results.rglob("*.parquet"))
