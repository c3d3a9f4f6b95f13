"""Runs of tables alone: from a file of others to statistics and a figure."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from neuropil.storage import read_table
from workspace import Workspace

CONFIG = {
    "dataset": "others",
    "volumes": {},
    "sizes": {"shuffles": 20, "seed": 1},
    "tables": {
        "mine": {
            "path": "mine.csv",
            "pre": "from",
            "post": "to",
            "ids": "whole",
            "size": {"column": "size_um2", "unit": "um2"},
        },
        "bare": {"path": "bare.parquet", "pre": "a", "post": "b", "ids": "names"},
    },
}


@pytest.fixture
def workspace(tmp_path):
    rng = np.random.default_rng(0)
    ends = {end: rng.integers(2**53, 2**53 + 9, 200) for end in ("from", "to")}
    sizes = rng.lognormal(-2, 0.5, 200)
    pd.DataFrame(ends | {"size_um2": sizes}).to_csv(tmp_path / "mine.csv", index=False)
    pd.DataFrame({"a": ["p", "q"], "b": "r"}).to_parquet(tmp_path / "bare.parquet")
    (tmp_path / "others.yaml").write_text(yaml.safe_dump(CONFIG))
    return Workspace(tmp_path, "others.yaml")


@pytest.mark.slow
def test_a_dataset_of_tables_alone_runs_to_the_end_and_once(workspace):
    workspace.run(cores=1)
    made = workspace.results
    for name in ("mine", "bare"):
        for suffix in ("png", "svg", "parquet"):
            assert (made / f"figures/synapses/{name}.{suffix}").stat().st_size > 0
    table = read_table(made / "tables/mine.parquet")
    source = pd.read_csv(workspace.folder / "mine.csv")
    assert table["pre"].tolist() == source["from"].tolist()
    scores = json.loads((made / "sizes/mine.json").read_text())["all"]
    logs = np.log(source["size_um2"])
    assert scores["log_normal"]["mu"]["value"] == pytest.approx(logs.mean())
    assert scores["log_normal"]["sigma"]["value"] == pytest.approx(logs.std(ddof=0))
    pairs = json.loads((made / "sizes/bare.json").read_text())["all"]["pairs"]
    assert pairs["pairs_of_several"]["value"] == 0
    summary = (made / "summary.txt").read_text()
    assert "200 synapses in mine" in summary
    assert "2 synapses in bare" in summary
    assert workspace.planned() == {}
    planned = workspace.planned(settings=["sizes={seed: 2}"])
    assert "measure_sizes" in planned
    assert "write_tables" not in planned


def test_a_missing_column_stops_the_run_before_its_first_job(workspace):
    done = workspace.call("--dry-run", settings=["tables={mine: {pre: axon}}"])
    assert done.returncode != 0
    assert "has no column axon; it has from, to, size_um2" in done.stdout + done.stderr


def test_a_misspelt_unit_is_explained(workspace):
    settings = ["tables={mine: {size: {unit: mm2}}}"]
    done = workspace.call("--dry-run", settings=settings)
    assert done.returncode != 0
    words = "tables.mine.size.unit is the text 'mm2', expected one of um2, nm2"
    assert words in done.stdout + done.stderr


def test_tables_are_measured_beside_the_runs_own_synapses(workspace):
    tables = json.dumps({"tables": CONFIG["tables"]})
    (workspace.folder / "both.yaml").write_text(tables)
    command = "config/tiny.yaml", "both.yaml"
    done = workspace.call("--dry-run", "--configfile", *command)
    assert done.returncode == 0, done.stderr
    for name in ("connectome", "mine", "bare"):
        assert f"results/tiny/sizes/{name}.parquet" in done.stdout
