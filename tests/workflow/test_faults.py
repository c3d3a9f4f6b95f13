"""Snakemake shows what is wrong with the input, runs no job, and touches no result."""

import numpy as np
import pytest
import yaml

from volume_files import SIZE, write_hdf5
from workspace import Workspace

SHAPE = (20, 30, 40)


@pytest.fixture
def small(tmp_path):
    """Labels and a map, with a file of an earlier run among the results."""
    rng = np.random.default_rng(0)
    labels = rng.integers(1, 20, SHAPE, "u4")
    config = {
        "dataset": "small",
        "voxel_size_nm": dict(zip("zyx", SIZE)),
        "volumes": {
            "supervoxels": write_hdf5(tmp_path, labels, "labels.h5"),
            "mi": write_hdf5(tmp_path, rng.random(SHAPE, "f4"), "map.h5"),
        },
    }
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(config))
    earlier = tmp_path / "run" / "results" / "small" / "earlier.parquet"
    earlier.parent.mkdir(parents=True)
    earlier.write_bytes(b"of an earlier run")
    return Workspace(tmp_path / "run", str(tmp_path / "small.yaml"))


def no_numbers_in_the_map(small):
    values = np.full(SHAPE, np.nan, "f4")
    write_hdf5(small.folder.parent, values, "nan.h5")
    return [f"volumes={{mi: {{path: {small.folder.parent / 'nan.h5'}}}}}"]


FAULTS = {
    "organelles={mi: {treshold: 0.5}}": "treshold is no known key; did you mean",
    "volumes={mi: {path: map.hdf}}": "volumes.mi: map.hdf does not exist",
    "volumes={mi: {kind: mask}}": "holds float32, expected whole numbers or booleans",
    no_numbers_in_the_map: "holds values that are no numbers (NaN)",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: getattr(f, "__name__", f))
def test_a_fault_stops_a_run_before_its_first_job(fault, small):
    settings = fault(small) if callable(fault) else [fault]
    before = sorted(small.results.rglob("*"))
    done = small.call(settings=settings)
    assert done.returncode != 0
    assert FAULTS[fault] in done.stdout + done.stderr
    assert "Finished jobid" not in done.stdout + done.stderr
    assert sorted(small.results.rglob("*")) == before
