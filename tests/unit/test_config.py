"""The config: what is accepted, and how a dataset follows from it."""

import copy
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from snakemake.utils import update_config

from neuropil.config import (
    check_config,
    describe_run,
    schema_validator,
    walk,
)
from neuropil.config_files import resolve_labels, resolve_model
from neuropil.config_sources import organelle_names, present_roles
from neuropil.dataset import (
    require_roles,
    resolve_agglomeration,
    resolve_cells,
    resolve_path,
    resolve_sources,
)
from neuropil.errors import InputError
from neuropil.grid import Box
from neuropil.volumes import open_role
from neuropil.volumes.checks import check_volumes
from volume_files import SIZE, make_dataset, write_hdf5, write_n5

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
DATASETS = sorted(p.name for p in (ROOT / "config").glob("*.yaml"))
SHAPE = (20, 30, 40)


def read(name):
    return yaml.safe_load((ROOT / "config" / name).read_text(encoding="utf-8"))


def load(*names, **overrides):
    """Merge config files as the Snakefile does."""
    config = {}
    if any("phantom" in read(name) for name in names):
        names = ("phantom.yaml", *names)
    for name in ("config.yaml", *names):
        update_config(config, read(name))
    update_config(config, overrides)
    return config


@pytest.fixture
def config(tmp_path):
    """A valid config of a small dataset."""
    rng = np.random.default_rng(0)
    labels = rng.integers(1, 50, SHAPE, "u4")
    own = {
        "dataset": "small",
        "data_root": str(tmp_path),
        "voxel_size_nm": dict(zip("zyx", SIZE)),
        "volumes": {},
        "chunk_shape_vx": {"z": 64, "y": 256, "x": 256},
    }
    for role, array in {
        "supervoxels": labels,
        "raw": rng.integers(0, 256, SHAPE, "u1"),
        "mi": rng.integers(0, 256, SHAPE, "u1"),
    }.items():
        write_hdf5(tmp_path, array, dataset=role)
        own["volumes"][role] = {"path": "volume.h5", "dataset": role}
    return load(**own)


@pytest.mark.parametrize("name", [n for n in DATASETS if n != "config.yaml"])
def test_every_config_fits_the_schema(name):
    config = load(name)
    before = copy.deepcopy(config)
    check_config(config)
    assert config == before
    assert config["dataset"] == name.removesuffix(".yaml")


def test_the_example_of_tables_in_the_readme_is_a_valid_one():
    text = (ROOT / "config/README.md").read_text()
    (example,) = re.findall(r"```\n(tables:\n.*?)```", text, re.S)
    config = load(dataset="others", volumes={}, **yaml.safe_load(example))
    check_config(config)
    known = schema_validator().schema["$defs"]["table"]["properties"]
    assert config["tables"]["cortex"].keys() == known.keys()
    assert "Tables of others: cortex." in describe_run(config)


def objects(schema):
    if isinstance(schema, dict):
        if "properties" in schema or schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)


def test_the_schema_is_closed_and_explains_every_key():
    schema = schema_validator().schema
    schema_validator().check_schema(schema)
    for part in objects(schema):
        assert part.get("additionalProperties", True) is not True, part
        for key, value in part.get("properties", {}).items():
            assert value.get("description"), key
    assert "default" not in {path.split(".")[-1] for path, _ in walk(schema)}


def test_a_dataset_is_plain_values_that_open_roles(config):
    check_config(config)
    dataset = resolve_sources(config, "results/small")
    assert dataset["shape_vx"] == SHAPE
    assert dataset["box_vx"] == Box.of(SHAPE)
    assert present_roles(config) == ["supervoxels", "raw", "mi"]
    assert organelle_names(config) == ["mi"]
    for role in dataset["volumes"]:
        assert open_role(dataset, role).read(Box.of(SHAPE)).any()


def test_a_phantom_is_a_dataset_before_it_is_made():
    config = load("tiny.yaml", volumes={"sj": None})
    check_config(config)
    dataset = resolve_sources(config, "results/tiny")
    assert dataset["shape_vx"] == tuple(config["phantom"]["shape_vx"].values())
    assert "sj" not in dataset["volumes"]
    assert dataset["volumes"]["mi"]["path"] == "results/tiny/phantom/volumes.h5"
    assert dataset["volumes"]["mi"]["dataset"] == "mi"
    edges = {"edges": "results/tiny/phantom/edges.parquet", "threshold": 0.5}
    assert resolve_agglomeration(config, "results/tiny") == edges


def test_nested_text_of_the_command_line_becomes_numbers(config):
    update_config(
        config,
        {
            "chunk_shape_vx": {"z": "72"},
            "organelles": {"mi": {"threshold": "0.25"}},
            "volumes": {"raw": "null", "mi": "None"},
            "agglomeration": "null",
            "classifier": {"model": "None"},
            "segmentation": {"map": "null", "score": "mean"},
        },
    )
    check_config(config)
    assert config["classifier"]["model"] is None
    assert config["segmentation"]["map"] is None
    assert config["segmentation"]["score"] == "mean"
    assert config["chunk_shape_vx"] == {"z": 72, "y": 256, "x": 256}
    assert config["organelles"]["mi"]["threshold"] == 0.25
    assert config["agglomeration"] is None
    assert present_roles(config) == ["supervoxels"]


def test_another_organelle_is_one_entry(config):
    entry = {**config["organelles"]["mi"], "volume": config["volumes"].pop("mi")}
    update_config(config, {"organelles": {"er": entry}})
    check_config(config)
    assert organelle_names(config) == ["er"]
    dataset = resolve_sources(config, "results/small")
    assert open_role(dataset, "er").read(Box.of(SHAPE)).any()


def test_a_run_says_what_it_leaves_out(config):
    check_config(config)
    text = " ".join(describe_run(config))
    assert "No sj volume: no synapses" in text
    assert "No mi volume" not in text
    assert "No sym or asym volume: the sign of synapses is not known" in text
    assert "No sym volume" not in text
    assert "every supervoxel is taken as a cell" in text


def test_the_voxel_size_of_the_file_is_used_if_the_config_has_none(config, tmp_path):
    labels = np.ones(SHAPE, "u4")
    update_config(config, {"volumes": {"supervoxels": write_n5(tmp_path, labels)}})
    del config["voxel_size_nm"]
    check_config(config)
    assert resolve_sources(config, "")["voxel_size_nm"] == dict(zip("zyx", SIZE))


def test_the_level_of_the_dataset_is_the_one_with_its_voxel_size(config, tmp_path):
    labels = np.ones(SHAPE, "u4")
    update_config(
        config,
        {
            "volumes": {
                "supervoxels": write_n5(tmp_path, labels),
                "raw": None,
                "mi": None,
            },
            "voxel_size_nm": {a: 2 * s for a, s in zip("zyx", SIZE)},
        },
    )
    check_config(config)
    assert resolve_sources(config, "")["shape_vx"] == (10, 15, 20)


def test_a_box_is_part_of_the_whole(config):
    config["box"] = {
        "start_vx": {"z": 2, "y": 3, "x": 4},
        "shape_vx": {"z": 5, "y": 6, "x": 36},
    }
    check_config(config)
    dataset = resolve_sources(config, "")
    assert dataset["box_vx"] == Box((2, 3, 4), (7, 9, 40))
    assert dataset["shape_vx"] == SHAPE
    found = open_role(dataset, "supervoxels").read(Box.of(SHAPE))
    assert np.argwhere(found).min(0).tolist() == [2, 3, 4]


def test_paths_are_relative_to_the_data_root(config, tmp_path):
    assert resolve_path(config, "volume.h5") == str(tmp_path / "volume.h5")
    assert resolve_path(config, "gs://a/b") == "gs://a/b"
    absolute = str(tmp_path / "volume.h5")
    assert resolve_path({}, absolute) == absolute
    config["data_root"] = "gs://bucket/em/"
    assert resolve_path(config, "seg") == "gs://bucket/em/seg"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, {}),
        ({"table": "volume.h5"}, {"table": "{root}/volume.h5"}),
        (
            {"edges": "volume.h5", "threshold": 0.5},
            {"edges": "{root}/volume.h5", "threshold": 0.5},
        ),
        (
            {"edges": "volume.h5", "threshold": 0.5, "corrections": "volume.h5"},
            {
                "edges": "{root}/volume.h5",
                "threshold": 0.5,
                "corrections": "{root}/volume.h5",
            },
        ),
        ({"volume": {"path": "volume.h5"}}, {"table": "r/cells/agglomeration.parquet"}),
    ],
)
def test_the_agglomeration_is_a_table_in_the_end(given, expected, config, tmp_path):
    config["agglomeration"] = given
    check_config(config)
    found = resolve_agglomeration(config, "r")
    filled = {
        k: v.format(root=tmp_path) if isinstance(v, str) else v
        for k, v in expected.items()
    }
    assert found == filled


def test_corrections_of_own_cells_go_along_the_edges_of_supervoxels(config, tmp_path):
    config["volumes"] = {"membrane": config["volumes"]["raw"]}
    config["segmentation"]["map"] = "membrane"
    config["agglomeration"] = {"threshold": 0.5, "corrections": None, "somata": None}
    check_config(config)
    alone = resolve_agglomeration(config, "r")
    joins = {"edges": "r/segmentation/joins.parquet", "made": True, "threshold": 0.5}
    assert alone == joins
    config["agglomeration"]["somata"] = "volume.h5"
    assert resolve_agglomeration(config, "r") == joins | {
        "somata": "r/cells/somata.parquet",
        "soma_table": f"{tmp_path}/volume.h5",
        "touching": "r/segmentation/edges.parquet",
    }


def test_a_segmentation_into_cells_is_on_the_grid_of_the_dataset(config):
    assert resolve_cells(config, resolve_sources(config, "")) == {}
    config["agglomeration"] = {"volume": config["volumes"]["supervoxels"]}
    check_config(config)
    cells = resolve_cells(config, resolve_sources(config, ""))
    assert open_role(cells, "cells").dtype == np.uint64


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="needs the real datasets")
@pytest.mark.parametrize(
    ("name", "size"), [("fib25", 250), ("fib25_truth", 250), ("pinky40", 512)]
)
def test_configs_of_real_tissue_find_their_volumes(name, size):
    config = load(f"{name}.yaml", data_root=str(DATA))
    check_config(config)
    dataset = resolve_sources(config, f"results/{name}")
    assert dataset["shape_vx"] == (size,) * 3
    for role in dataset["volumes"]:
        assert open_role(dataset, role).read(Box.of((4, 4, 4), (100, 100, 100))).any()


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="needs the real datasets")
def test_sections_of_the_nerve_cord_and_their_masks_are_read():
    path = str(DATA / "vnc_sstem" / "vnc_sstem_sections_00-09.h5")
    names = {"raw": "raw", "mi": "mitochondria", "sj": "synapses"}
    volumes = {role: {"path": path, "dataset": name} for role, name in names.items()}
    for role in ("mi", "sj"):
        volumes[role]["kind"] = "mask"
    dataset = make_dataset((10, 1024, 1024), volumes, (47.5, 4.6, 4.6))
    checks = check_volumes(dataset)
    assert not checks["warnings"]
    mitochondria = open_role(dataset, "mi").read(Box.of((10, 1024, 1024)))
    assert np.mean(mitochondria == 255) == pytest.approx(0.053, abs=0.001)


def test_no_organelle_is_named_as_what_else_is_meshed(config):
    entry = {**config["organelles"]["mi"], "volume": config["volumes"].pop("mi")}
    for name in ("cells", "contacts", "synapses"):
        changed = copy.deepcopy(config)
        update_config(changed, {"organelles": {name: entry}})
        with pytest.raises(InputError, match=f"organelles.{name} .* another one"):
            check_config(changed)


def test_how_synapses_are_meshed_is_checked(config):
    update_config(config, {"meshes": {"contacts": "None", "synapses": "poisson"}})
    with pytest.raises(InputError, match=r"meshes\.synapses .*expected"):
        check_config(config)
    update_config(config, {"meshes": {"synapses": {"method": "poison"}}})
    config["meshes"]["synapses"] |= {"max_error_nm": 5, "poisson_depth": "8"}
    with pytest.raises(InputError, match=r"meshes\.synapses\.method .*poisson"):
        check_config(config)
    config["meshes"]["synapses"]["method"] = "poisson"
    check_config(config)
    assert config["meshes"]["contacts"] is None
    assert config["meshes"]["synapses"]["poisson_depth"] == 8
    del config["meshes"]["synapses"]["max_error_nm"]
    with pytest.raises(InputError, match=r"max_error_nm is missing"):
        check_config(config)


def test_labels_need_candidates_and_truth_a_phantom(config):
    labels = config["synapses"]["labels"]
    for table, message in (("truth", "only a phantom has"), ("l.csv", "volumes.sj")):
        labels["table"] = table
        with pytest.raises(InputError, match=message):
            check_config(config)
    phantom = load(
        "tiny.yaml", synapses={"labels": {"table": "truth", "count": "None"}}
    )
    check_config(phantom)
    assert phantom["synapses"]["labels"]["count"] is None
    phantom["synapses"]["labels"]["strata"]["p_synaptic"] = [0.5, 0.5]
    with pytest.raises(InputError, match=r"p_synaptic is \[0.5, 0.5\].* rising"):
        check_config(phantom)


def test_the_table_of_labels_is_there(config, tmp_path):
    labels = config["synapses"]["labels"]
    with pytest.raises(InputError, match=r"labels\.table is null.*export_label_sheet"):
        resolve_labels(config)
    labels["table"] = "filled.csv"
    with pytest.raises(
        InputError, match=r"labels\.table: .*filled\.csv does not exist"
    ):
        resolve_labels(config)
    (tmp_path / "filled.csv").touch()
    assert resolve_labels(config) == str(tmp_path / "filled.csv")
    with pytest.raises(
        InputError, match=r"A sheet needs volumes\.sj, which the config"
    ):
        require_roles(config, ("raw", "sj"), "A sheet")
    require_roles(config, ("raw", "supervoxels"), "A sheet")


def test_a_classifier_is_found_where_the_run_is_then_beside_the_workflow(
    config, tmp_path, monkeypatch
):
    here, beside = tmp_path / "run", tmp_path / "workflow"
    for folder in (here, beside):
        (folder / "models").mkdir(parents=True)
    monkeypatch.chdir(here)
    made = "results/small/classifier/classifier.skops"
    config["classifier"]["model"] = None
    assert resolve_model(config, "classifier", beside, made) is None
    config["classifier"]["model"] = "models/one.skops"
    with pytest.raises(InputError, match=r"models/one\.skops, and there is no such"):
        resolve_model(config, "classifier", beside, made)
    (beside / "models/one.skops").touch()
    assert resolve_model(config, "classifier", beside, made) == str(
        beside / "models/one.skops"
    )
    (here / "models/one.skops").touch()
    assert resolve_model(config, "classifier", beside, made) == "models/one.skops"
    config["classifier"]["model"] = made
    assert resolve_model(config, "classifier", beside, made) == made


def test_a_phantom_takes_no_truth_but_its_own(config):
    phantom = load("tiny.yaml")
    check_config(phantom)
    truth = resolve_sources(phantom, "results/tiny")["volumes"]["truth"]
    assert (truth["path"], truth["dataset"]) == (
        "results/tiny/phantom/truth.h5",
        "cells",
    )
    update_config(phantom, {"volumes": {"truth": {"path": "cells.h5"}}})
    with pytest.raises(InputError, match=r"volumes\.truth .*a phantom has its own"):
        check_config(phantom)


def test_a_truth_holds_labels_of_any_whole_type(config, tmp_path):
    cells = np.random.default_rng(1).integers(0, 90, SHAPE, "i2")
    write_hdf5(tmp_path, cells, name="truth.h5")
    config["volumes"]["truth"] = {"path": "truth.h5"}
    check_config(config)
    assert present_roles(config)[-1] == "truth"
    volume = open_role(resolve_sources(config, "results/small"), "truth")
    np.testing.assert_array_equal(volume.read(Box.of(SHAPE)), cells)
    assert volume.dtype == np.uint64


def test_a_map_is_made_from_raw_if_none_is_given(config):
    del config["volumes"]["supervoxels"]
    config["segmentation"]["map"] = "raw"
    check_config(config)
    volumes = resolve_sources(config, "results/small")["volumes"]
    assert volumes["membrane"]["path"] == "results/small/maps/membrane.h5"
    assert volumes["supervoxels"]["path"] == "results/small/segmentation/supervoxels.h5"
    config["membranes"]["levels"] = {"grey": [140, 80], "bend": [2, 20]}
    with pytest.raises(InputError, match=r"grey: \[140, 80\], expected the lower"):
        check_config(config)
    config["membranes"]["levels"] = None
    config["volumes"]["membrane"] = config["volumes"].pop("raw")
    with pytest.raises(InputError, match=r"volumes\.raw is missing"):
        check_config(config)
    config["volumes"]["raw"] = config["volumes"]["membrane"]
    with pytest.raises(InputError, match=r"membrane is given, .*map is raw"):
        check_config(copy.deepcopy(config) | {"volumes": config["volumes"]})
