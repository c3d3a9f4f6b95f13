"""The steps that `make bench` times agree with plain scipy on a little tissue."""

import h5py
import numpy as np
import pytest
import yaml

from bench import scaling
from bench.skeletons import time_kimimaro, time_skeletons
from bench.steps import Tissue, list_steps
from bench.tissue import add_maps, find_borders
from bench.whole import run_whole, write_dataset
from repository import ROOT
from workspace import Workspace, chunk_shape


@pytest.fixture(scope="module")
def tissue():
    """Voronoi cells, large enough for organelles."""
    rng = np.random.default_rng(3)
    seeds = rng.uniform(0, (32 * 2.5, 80, 80), (9, 3))
    voxels = np.stack(np.meshgrid(*map(np.arange, (32, 80, 80)), indexing="ij"), -1)
    distance = np.linalg.norm(voxels[..., None, :] * (2.5, 1, 1) - seeds, axis=-1)
    labels = (distance.argmin(-1) + 2**40).astype(np.uint64)
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    return Tissue(add_maps(labels), config)


def test_library_and_plain_steps_agree(tissue):
    names = []
    for step in list_steps(tissue):
        names.append(step.name)
        result = step.run()
        if step.plain is not None:
            assert step.agree(result, step.plain()) >= 0.98, step.name
    assert len(names) == 9


def test_synthetic_tissue_has_gaps_and_organelles(tissue):
    cells = tissue.arrays["supervoxels"]
    assert not find_borders(cells)[cells > 0].all()
    assert 0.5 < (cells > 0).mean() < 0.95
    for role in ("mi", "vc", "sj"):
        assert set(np.unique(tissue.arrays[role])) == {0, 255}


def test_a_mirror_image_has_ids_of_its_own(tmp_path):
    volumes = {"supervoxels": np.arange(24, dtype="u8").reshape(2, 3, 4)}
    volumes["mi"] = volumes["supervoxels"].astype("u1")
    write_dataset(tmp_path, volumes, (2, 3, 4), copies=2)
    with h5py.File(tmp_path / "supervoxels.h5") as file:
        assert file["voxels"][0, 0].tolist() == [0, 1, 2, 3, 26, 25, 24, 0]
    with h5py.File(tmp_path / "mi.h5") as file:
        assert file["voxels"][0, 0].tolist() == [0, 1, 2, 3, 3, 2, 1, 0]


@pytest.mark.slow
def test_a_whole_run_is_measured(tmp_path):
    shape = (24, 48, 48)
    random = np.random.default_rng(0)
    cells = np.indices(shape)[2] // 12 + 1
    volumes = {"supervoxels": cells.astype(np.uint64)}
    volumes |= {
        role: (255 * (random.random(shape) < 0.3)).astype(np.uint8)
        for role in ("mi", "vc", "sj")
    }
    run = run_whole(tmp_path, volumes, shape, cores=2)
    assert run.voxels == np.prod(shape)
    assert run.gigavoxels_per_core_hour > 0
    assert {"extract_contacts", "label_organelles"} <= {*run.rules["rule"]}


@pytest.mark.slow
def test_skeletons_are_timed_beside_kimimaro(tmp_path):
    cells = (np.indices((24, 96, 96))[2] // 32 + 1).astype(np.uint64)
    assert time_skeletons(cells, cells.shape, tmp_path / "run") > 0
    assert time_kimimaro(cells) > 0


def test_the_ceiling_is_work_done_at_the_same_time(monkeypatch):
    seconds = {1: 2.0, 2: 2.5}
    monkeypatch.setattr(scaling, "time_processes", lambda number, _: seconds[number])
    assert scaling.measure_ceiling(2) == 2 * 2.0 / 2.5


def test_all_processes_are_waited_for():
    assert scaling.time_processes(2, 100_000) > 0.005  # adding up takes that long


@pytest.mark.slow
def test_voxel_steps_are_timed_without_snakemakes_start(tmp_path, monkeypatch):
    monkeypatch.setattr(scaling, "SHAPE", (96, 240, 240))
    chunk = (48, 240, 240)
    volumes = "results/tiny/phantom/volumes.h5"
    workspace = Workspace(tmp_path / "run", "config/tiny.yaml")
    workspace.run(volumes, settings=[chunk_shape(chunk)])
    seconds = scaling.time_steps(workspace.folder, chunk, [], 1, "tiny")
    assert seconds > 0
    chunks = tmp_path / "run/results/tiny"
    for folder in ("contacts", "cells"):
        assert (
            len(list((chunks / folder / "chunks").glob("z00?_y000_x000.parquet"))) == 2
        )
