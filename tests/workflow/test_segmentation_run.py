"""Cells from a map of membranes alone: the same for any chunks, and how good."""

import h5py
import hdf5plugin  # noqa: F401  (the truth is packed with zstd)
import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import ndimage

from neuropil.grid import Box
from neuropil.score_files import read_scores
from neuropil.storage import LabelStack, read_table
from workspace import CHUNK, ODD, SHAPE, Workspace, chunk_shape

SIZE = {"z": 25, "y": 10, "x": 10}
TABLES = (
    "segmentation/edges.parquet",
    "segmentation/joins.parquet",
    "cells/membership.parquet",
    "contacts/pairs.parquet",
    "organelles/mi.parquet",
    "connectome/synapses.parquet",
    "connectome/edges.parquet",
    "connectome/cells.parquet",
)
SCORES = ("segmentation.parquet", "cells.json")
OWN_CELLS = ["segmentation={map: membrane}", "agglomeration={threshold: 0.55}"]


def write_config(folder, phantom):
    """Describe the phantom's maps, and its true cells, as a user's volumes."""
    maps = ("membrane", "sj", "mi", "vc")
    volumes = {
        role: {"path": f"{phantom}/volumes.h5", "dataset": role} for role in maps
    }
    volumes["truth"] = {"path": f"{phantom}/truth.h5", "dataset": "cells"}
    config = {
        "dataset": "mapped",
        "voxel_size_nm": SIZE,
        "volumes": volumes,
        "segmentation": {"map": "membrane"},
        "agglomeration": {"threshold": 0.55},
    }
    path = folder / "mapped.yaml"
    path.write_text(yaml.safe_dump(config))
    return str(path)


@pytest.fixture(scope="module")
def whole(finished, tmp_path_factory):
    """Cells of the phantom's map of membranes, made in one chunk."""
    folder = tmp_path_factory.mktemp("whole")
    config = write_config(folder, finished.results / "phantom")
    workspace = Workspace(folder, config)
    run(workspace, SHAPE)
    return workspace


def run(workspace, chunk, **blocks):
    settings = [chunk_shape(chunk), *(f"block_shape_vx={v}" for v in blocks.values())]
    wanted = [f"results/mapped/{path}" for path in TABLES]
    workspace.run(*wanted, settings=settings)


def supervoxels(workspace):
    stack = LabelStack([workspace.results / "segmentation/supervoxels.h5"])
    return stack.read(Box.of(SHAPE))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chunk", "blocks"),
    [(ODD, {"blocks": "{z: 23, y: 61, x: 50}"}), (CHUNK, {})],
    ids=["odd", "2x2x2"],
)
def test_any_chunks_give_the_same_supervoxels_cells_and_connectome(
    whole, tmp_path, chunk, blocks
):
    parts = Workspace(tmp_path, whole.config)
    run(parts, chunk, **blocks)
    np.testing.assert_array_equal(supervoxels(parts), supervoxels(whole))
    for path in TABLES:
        one, other = (read_table(w.results / path) for w in (whole, parts))
        pd.testing.assert_frame_equal(one, other, check_exact=True, obj=path)
        assert len(one) > 3


@pytest.mark.slow
def test_another_threshold_repeats_no_step_that_reads_voxels(whole):
    settings = [chunk_shape(SHAPE), "agglomeration={threshold: 0.6}"]
    wanted = "results/mapped/cells/membership.parquet"
    assert whole.planned(wanted, settings=settings).keys() == {"merge_cells"}


MEMBERSHIP = "results/mapped/cells/membership.parquet"


def corrected(folder, rows):
    """Settings of a run with corrections, and two somata that are given by places."""
    table = pd.DataFrame(rows, columns=["supervoxel_a", "supervoxel_b", "action"])
    table.to_csv(folder / "corrections.csv", index=False)
    paths = f"corrections: {folder}/corrections.csv, somata: {folder}/somata.csv"
    return [chunk_shape(SHAPE), f"agglomeration={{threshold: 0.55, {paths}}}"]


@pytest.mark.slow
def test_corrections_repeat_no_step_that_reads_voxels(whole, tmp_path):
    copy = whole.clone(tmp_path / "copy")
    before = read_table(copy.results / "cells/membership.parquet")
    parts = before.groupby("cell")["supervoxel"].agg(["first", "last", "size"])
    parts = parts.sort_values("size", ascending=False, kind="stable")
    torn, bodies, *_ = parts[["first", "last"]].to_numpy().tolist()
    one, other = (int(name) for name in parts.index[parts["size"] == 1][:2])
    places = read_table(copy.results / "cells/supervoxels.parquet")
    places = places.set_index("supervoxel").loc[bodies, ["z_vx", "y_vx", "x_vx"]]
    places.to_csv(tmp_path / "somata.csv", index=False)
    rows = [(*torn, "split"), (one, other, "merge")]
    settings = corrected(tmp_path, rows)
    planned = copy.planned(MEMBERSHIP, settings=settings)
    assert planned.keys() == {"link_somata", "merge_cells"}
    copy.run(MEMBERSHIP, settings=settings)
    after = read_table(copy.results / "cells/membership.parquet")
    cell = after.set_index("supervoxel")["cell"]
    assert cell[torn[0]] != cell[torn[1]]
    assert cell[bodies[0]] != cell[bodies[1]]
    assert cell[one] == cell[other] == min(one, other)
    named = [cell[name] for name in (*torn, *bodies, one, other)]
    others = ~after["cell"].isin(named)
    pd.testing.assert_frame_equal(after[others], before[others])
    assert others.sum() > 100
    assert len(after["cell"].unique()) == len(before["cell"].unique()) + 1
    settings = corrected(tmp_path, rows[:1])
    assert copy.planned(MEMBERSHIP, settings=settings).keys() == {"merge_cells"}


@pytest.mark.slow
def test_they_are_scored_against_the_truth_that_is_given(whole):
    wanted = [f"results/mapped/evaluation/{name}" for name in SCORES]
    whole.run(*wanted, settings=[chunk_shape(SHAPE)])
    sweep, scores = (whole.results / f"evaluation/{name}" for name in SCORES)
    row = read_table(sweep).set_index("threshold").loc[0.55]
    scores = read_scores(scores)
    assert row["voi_split"] + row["voi_merge"] < 0.6
    assert np.isnan(row["voi_split_neurons"])
    assert np.isnan(row["erl_um"])  # no true skeletons are given
    for name in ("voi_split", "voi_merge_components", "adapted_rand_error_labelled"):
        assert scores[name] == row[name]
    assert 0.8 < scores["boundary_f1"] < 1


PART = Box((20, 60, 50), (80, 190, 180))  # of the phantom
SHARE = ("segmentation/edges.parquet", "segmentation/joins.parquet")


def write_affinities(path, cells):
    """Write whether neighbours are one true cell, softened and with noise, as float."""
    rng, nm = np.random.default_rng(5), np.array([SIZE[axis] for axis in "zyx"])
    out = np.zeros((3, *cells.shape), "f4")
    for axis, values in enumerate(out):
        same = (cells == np.roll(cells, 1, axis)) & (cells != 0)
        soft = ndimage.gaussian_filter(same.astype("f4"), 7 / nm)
        noise = ndimage.gaussian_filter(rng.normal(size=cells.shape), 12 / nm)
        values[:] = np.clip(0.05 + 0.9 * soft + 0.1 * noise / noise.std(), 0, 1)
    with h5py.File(path, "w") as file:
        file["affinities"] = out


@pytest.mark.slow
def test_cells_of_affinities_are_true_and_the_same_for_any_chunks(finished, tmp_path):
    with h5py.File(finished.results / "phantom/truth.h5") as file:
        cells = file["cells"][PART.slices]
    write_affinities(tmp_path / "affinities.h5", cells)
    with h5py.File(tmp_path / "truth.h5", "w") as file:
        file["cells"] = cells
    roles = ("affinities", "truth")
    config = {
        "dataset": "faces",
        "voxel_size_nm": SIZE,
        "volumes": {role: {"path": str(tmp_path / f"{role}.h5")} for role in roles},
        "segmentation": {"map": "affinities"},
        "agglomeration": {"threshold": 0.8},
    }
    path = tmp_path / "faces.yaml"
    path.write_text(yaml.safe_dump(config))
    one, other = (Workspace(tmp_path / name, str(path)) for name in ("one", "other"))
    tables = [f"results/faces/{name}" for name in SHARE]
    score = "evaluation/segmentation.parquet"
    one.run(*tables, f"results/faces/{score}", settings=[chunk_shape(PART.shape)])
    blocks = "block_shape_vx={z: 23, y: 61, x: 50}"
    other.run(*tables, settings=[chunk_shape((37, 130, 130)), blocks])
    found = [
        LabelStack([w.results / "segmentation/supervoxels.h5"]) for w in (one, other)
    ]
    labels = [stack.read(Box.of(PART.shape)) for stack in found]
    np.testing.assert_array_equal(*labels)
    for name in SHARE:
        table, again = (read_table(w.results / name) for w in (one, other))
        pd.testing.assert_frame_equal(table, again, check_exact=True, obj=name)
    row = read_table(one.results / score).set_index("threshold").loc[0.8]
    assert row["voi_split_components"] + row["voi_merge_components"] < 0.1


@pytest.mark.slow
def test_its_cells_are_those_of_the_tissue(copy):
    files = ("segmentation.parquet", "cells.parquet")
    shown = ["evaluation/worst_cells.html", "figures/segmentation.png"]
    wanted = [f"evaluation/{file}" for file in files] + shown
    copy.run(*(f"results/tiny/{file}" for file in wanted), settings=OWN_CELLS)
    sweep = read_table(copy.results / f"evaluation/{files[0]}").set_index("threshold")
    chosen = sweep.loc[0.55]
    assert chosen["voi_split"] + chosen["voi_merge"] < 0.6
    assert chosen["adapted_rand_error"] < 0.03
    assert sweep["voi_split"].is_monotonic_increasing
    # Cells in several places, and thin glia, are what costs most.
    splits = [f"voi_split{against}" for against in ("_neurons", "_components", "")]
    assert chosen[splits].is_monotonic_increasing
    assert 0.3 * chosen["erl_limit_um"] < chosen["erl_um"] <= chosen["erl_limit_um"]
    assert sweep["erl_um"].iloc[[0, -1]].max() < chosen["erl_um"]
    scores = read_scores(copy.results / "evaluation/worst_cells.json")
    names = ("voi_split", "voi_merge", "adapted_rand_error")
    assert [scores[name] for name in names] == pytest.approx([*chosen[[*names]]])
    worst = read_table(copy.results / "evaluation/worst_cells.parquet")
    assert set(worst["kind"]) == {"split", "merge"}
    assert (copy.results / shown[0]).read_text().count("<figure>") == 24
    cells = read_table(copy.results / "evaluation/cells.parquet")
    large = cells[cells["voxel_count"] > 20_000]
    assert (large["truth_cell"] != 0).all()
    assert np.average(large["fraction"], weights=large["voxel_count"]) > 0.8

    check_what_a_model_says(copy, sweep)


def check_what_a_model_says(copy, sweep):
    """See that edges scored by a model make better cells, and how much is done anew."""
    wanted = "results/tiny/evaluation/segmentation.parquet"
    own = "segmentation={map: membrane, model: models/edges_phantom.skops}"
    settings = [own, "agglomeration={threshold: 0.7}"]
    seen, scored = {"extract_moments", "measure_edges"}, {"predict_edges", "link_cells"}
    planned = {*seen, *scored, "evaluate_segmentation"}
    assert copy.planned(wanted, settings=settings).keys() == planned
    copy.run(wanted, settings=settings)
    learnt = read_table(copy.results / "evaluation/segmentation.parquet")
    sums, best = ["voi_split_components", "voi_merge_components"], []
    for table in (sweep.reset_index(), learnt):
        best.append(table[sums].sum(axis=1).min())
    assert best[1] < best[0] - 0.05
