"""Snakemake reads the workflow: lint, list of rules, a dry run of every config."""

import re
import subprocess
import sys

import numpy as np
import pytest
import yaml

from repository import CONFIGS, ROOT, read_rules
from volume_files import SIZE, write_hdf5
from workspace import Workspace


def snakemake(*arguments):
    command = [sys.executable, "-m", "snakemake", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_lint_finds_nothing():
    done = snakemake("--lint")
    assert done.returncode == 0, done.stdout + done.stderr


def test_list_of_rules_reads_like_a_table_of_contents():
    done = snakemake("--list-rules")
    assert done.returncode == 0, done.stderr
    for rule in read_rules():
        line = re.search(rf"^{rule.name}\s*\n?\s+\(?(.+?)\)?$", done.stdout, re.M)
        assert line, f"{rule.name} has no line"
        assert line.group(1).strip() == rule.docstring


TEMPLATE = ROOT / "config/own_data.yaml"
REAL = [path for path in CONFIGS if path != TEMPLATE]


@pytest.mark.parametrize("config", REAL, ids=lambda path: path.stem)
def test_dry_run_of_every_config(config, tmp_path, data_root):
    workspace = Workspace(tmp_path, f"config/{config.name}")
    planned = workspace.planned(settings=[f"data_root={data_root}"])
    has_volumes = bool(yaml.safe_load(config.read_text()).get("volumes", True))
    assert ("measure_contacts" in planned) == has_volumes
    assert has_volumes or {"write_tables", "measure_sizes"} <= planned.keys()
    assert not (tmp_path / "results").exists()


def test_the_template_asks_for_volumes(tmp_path):
    done = Workspace(tmp_path, f"config/{TEMPLATE.name}").call("--dry-run")
    assert done.returncode != 0
    assert "does not exist" in done.stdout + done.stderr


def test_a_copy_in_another_folder_runs_the_same_rules(tmp_path):
    here, there = Workspace(tmp_path / "a"), Workspace(tmp_path / "b c")
    assert here.planned().keys() == there.planned().keys()


LABELS = "synapses={labels: {table: truth}}"


def test_a_classifier_is_learnt_and_drawn_if_asked_for(tmp_path):
    planned = Workspace(tmp_path).planned("classifier", settings=[LABELS])
    steps = {"link_labels", "train_classifier", "evaluate_classifier"}
    assert steps | {"plot_classifier"} <= planned.keys()
    assert not planned.keys() & {"predict_synapses", "measure_connectome"}


def test_a_model_of_the_run_is_trained_before_it_predicts(tmp_path):
    model = "results/tiny/classifier/classifier.skops"
    (tmp_path / model).parent.mkdir(parents=True)
    (tmp_path / model).touch()  # of labels that have changed since
    settings = [LABELS, f"classifier={{model: {model}}}"]
    planned = Workspace(tmp_path).planned(settings=settings)
    assert {"train_classifier", "predict_synapses", "measure_connectome"} <= {*planned}
    assert "plot_classifier" not in planned


def test_a_classifier_asks_for_labels(tmp_path):
    done = Workspace(tmp_path).call("--dry-run", "classifier")
    assert done.returncode != 0
    assert "synapses.labels.table is null" in done.stdout + done.stderr


@pytest.mark.parametrize("role", ["sj", "vc", "mi", "myelin"])
def test_a_phantom_without_one_of_its_maps_makes_the_rest(tmp_path, role):
    planned = Workspace(tmp_path).planned(settings=[f"volumes={{{role}: null}}"])
    assert {"measure_contacts", "measure_cells", "plot_statistics"} <= planned.keys()
    about_synapses = {"measure_connectome", "evaluate_synapses", "plot_distances"}
    found = about_synapses & planned.keys()
    assert found == (set() if role == "sj" else about_synapses)


@pytest.fixture
def own_data(tmp_path):
    """Config of small volumes of a user: a map of membranes, supervoxels, and cells."""
    volumes = {}
    for role, dtype in {"membrane": "u1", "supervoxels": "u4", "truth": "i8"}.items():
        array = np.random.default_rng(0).integers(1, 200, (4, 16, 16)).astype(dtype)
        volumes[role] = write_hdf5(tmp_path, array, dataset=role)
    (tmp_path / "edges.csv").write_text("supervoxel_a,supervoxel_b,score\n1,2,0.5\n")
    config = {"dataset": "own", "volumes": volumes}
    config["voxel_size_nm"] = dict(zip("zyx", SIZE))
    config["chunk_shape_vx"] = {"z": 4, "y": 8, "x": 16}
    return config


def plan(config, folder):
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(config))
    return Workspace(folder / "run", str(path)).planned()


SCORES = {"label_components", "extract_shares"}


def test_cells_from_a_map_are_scored_against_a_truth(own_data, tmp_path):
    del own_data["volumes"]["supervoxels"]
    own_data |= {"segmentation": {"map": "membrane"}, "agglomeration": {"threshold": 1}}
    planned = plan(own_data, tmp_path)
    assert SCORES | {"evaluate_segmentation", "link_cells"} <= planned.keys()
    del own_data["volumes"]["truth"]
    assert not plan(own_data, tmp_path).keys() & SCORES


def test_cells_along_edges_are_scored_against_a_truth(own_data, tmp_path):
    own_data["agglomeration"] = {"edges": "edges.csv", "threshold": 0.5}
    own_data["data_root"] = str(tmp_path)
    planned = plan(own_data, tmp_path)
    assert SCORES | {"evaluate_segmentation", "evaluate_boundaries"} <= planned.keys()
    assert "label_supervoxels" not in planned


def test_cells_can_come_from_raw_alone(own_data, tmp_path):
    volumes = own_data["volumes"]
    volumes["raw"] = volumes.pop("membrane")
    del volumes["supervoxels"]
    own_data |= {"segmentation": {"map": "raw"}, "agglomeration": {"threshold": 1}}
    planned = plan(own_data, tmp_path)
    steps = {"measure_levels", "predict_membranes", "merge_membranes"}
    assert steps | SCORES | {"label_supervoxels"} <= planned.keys()
