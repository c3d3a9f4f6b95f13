"""The page of a tour: what it says of a run, and that it needs no other file."""

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from neuropil.tour.facts import Facts
from neuropil.tour.page import embed, render_tour
from neuropil.tour.steps import list_steps

DATASET = {
    "volumes": {
        "supervoxels": {"path": "results/mine/supervoxels.h5", "dataset": "labels"},
        "sj": {"path": "/data/mine/maps.h5", "dataset": "sj", "kind": "mask"},
        "raw": {"path": "gs://mine/raw", "kind": "intensity"},
    },
    "voxel_size_nm": {"z": 40.0, "y": 10.0, "x": 10.0},
    "box_vx": ((0, 0, 0), (10, 100, 200)),
}
SETTINGS = {"dataset": "mine", "segmentation": {"map": "membrane", "sections": True}}
OBJECTS = pd.DataFrame(
    {
        "object": [1, 2, 3],
        "cell": [5, 0, 6],
        "cell_fraction": [0.95, 0.4, 0.7],
        "volume_um3": [0.1, 0.2, 0.3],
    }
)
TABLES = {
    "cells/supervoxels": pd.DataFrame({"voxel_count": [60_000, 40_000]}),
    "segmentation/edges": pd.DataFrame({"area_um2": [1.0]}),
    "figures/thresholds": pd.DataFrame(
        {
            "threshold": [0.4, 0.5],
            "is_chosen": [False, True],
            "cell_count": [1, 2],
            "half_count": [1, 1],
            "inner_count": [0, 1],
            "inner_share": [0.0, 0.25],
            "largest_share": [1.0, 0.75],
        }
    ),
    "figures/doubts": pd.DataFrame({"kind": ["a <kind>", "a <kind>"], "count": [9, 9]}),
    "figures/runs": pd.DataFrame(
        {
            "rule": ["merge_cells", "extract_edges"],
            "job_count": [1, 8],
            "seconds": [1.5, 30.0],
            "cpu_seconds": [1.0, 20.0],
            "peak_mb": [100.0, 1234.0],
        }
    ),
    "organelles/sj": OBJECTS,
    "organelles/mi": OBJECTS,
    "contacts/contacts": pd.DataFrame({"area_um2": [0.5, 0.25]}),
    "connectome/synapses": pd.DataFrame(
        {"junction": [1, 1, 3], "p_direction": [0.5, 0.9, 0.5]}
    ),
    "connectome/edges": pd.DataFrame(
        {
            "pre": np.array([2**63, 7], "u8"),
            "post": np.array([7, 9], "u8"),
            "synapse_count": [1, 2],
            "area_um2": [0.1, 0.2],
        }
    ),
    "connectome/cells": pd.DataFrame(
        {"cell": np.array([7], "u8"), "volume_um3": [2.5], "synapses_in": [1234]}
    ),
    "figures/cells": pd.DataFrame(
        {"cell": np.array([7], "u8"), "volume_um3": [2.5], "place": [1]}
    ),
}
PICTURES = ("stages", "thresholds", "sections", "matrix", "cells", "doubts")


def make_run(folder, left_out=()):
    """Write the tables and pictures that a tour reads."""
    files = []
    for name, table in TABLES.items():
        path = folder / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_parquet(path)
        files.append(str(path))
    for name in PICTURES:
        path = folder / "figures" / f"{name}.png"
        Image.new("RGB", (4, 4)).save(path)
        files.append(str(path))
    kept = [f for f in files if not any(part in f for part in left_out)]
    return Facts(str(folder / "tour.html"), kept, DATASET, SETTINGS)


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path)


def all_text(step):
    return " ".join(step.text)


def test_every_step_says_what_the_run_found(run):
    steps = {step.title: step for step in list_steps(run)}
    given = steps["What was given"]
    assert "10 x 100 x 200 voxels" in all_text(given)
    assert "0.4 x 1 x 2 µm" in all_text(given)
    assert given.rows[1] == ("sj", "mask", "mine/maps.h5", "sj")
    assert given.rows[2] == ("raw", "intensity", "gs://mine/raw", "")
    made = all_text(steps["From membranes to supervoxels"])
    assert "2 supervoxels with 50% of all voxels" in made
    assert "each section by itself" in made
    cells = all_text(steps["From supervoxels to cells"])
    assert "here 0.5, join supervoxels to 2 cells" in cells
    assert "1 cells, with 25.0% of the volume" in cells
    objects = steps["Cells, organelles and junctions"]
    assert objects.rows[1] == ("mi", "3", "2", "1", "0.2")
    synapses = all_text(steps["Contacts and synapses"])
    assert "2 of 3 junctions hold 3 candidates" in synapses
    assert "The direction of 1 of them is known" in synapses
    edges = steps["The connectome"]
    assert edges.rows[0] == ("7", "9", "2", "0.200")
    assert edges.rows[1][0] == str(2**63)
    assert steps["Cells in three dimensions"].rows == (("7", "2.500", "1,234"),)
    assert "9 a <kind>" in all_text(steps["What to doubt"])
    costs = steps["What it took"]
    assert "9 jobs took 32 s" in all_text(costs)
    assert costs.rows[0] == ("extract_edges", "8", "30.0", "20.0", "1,234")


def test_what_the_run_has_not_is_no_step(tmp_path):
    left_out = ("connectome/", "figures/cells", "figures/thresholds", "figures/stages")
    titles = [step.title for step in list_steps(make_run(tmp_path, left_out))]
    assert titles == [
        "What was given",
        "Cells, organelles and junctions",
        "What to doubt",
        "What it took",
        "What can be made next",
    ]


def test_the_page_holds_its_pictures_and_escapes_words(run, tmp_path):
    page = render_tour("mine", list_steps(run), str(tmp_path))
    sources = re.findall(r'<img src="([^"]+)"', page)
    assert len(sources) == len(PICTURES)
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "a &lt;kind&gt;" in page
    assert "<code>agglomeration: threshold</code>" in page
    assert not re.search(r"\$\w", page)
    assert page.count("<h2") == page.count("<li>") == len(list_steps(run))


def test_large_pictures_are_packed(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (800, 800, 3)).astype("u1")
    Image.fromarray(noise).save(tmp_path / "large.png")
    packed = embed(tmp_path / "large.png")
    assert packed.startswith("data:image/jpeg;base64,")
    assert len(packed) < (tmp_path / "large.png").stat().st_size
