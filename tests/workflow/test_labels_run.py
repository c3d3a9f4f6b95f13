"""Labels in a run: sheets of the phantom, filled in from the truth and read back."""

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from neuropil.storage import read_table
from repository import ROOT
from workspace import Workspace

pytestmark = pytest.mark.xdist_group("labels_run")  # of one run
SHEET = "export_label_sheet"
PICTURE = yaml.safe_load((ROOT / "config/config.yaml").read_text())
PICTURE = PICTURE["synapses"]["labels"]["sheet"]
JUDGED = ["synapse", "is_synaptic", "first_is_pre", "sign"]
SIGNS = {1: "excitatory", -1: "symmetric", 0: ""}


def labelled_by(table):
    """Setting of the config."""
    return [f"synapses={{labels: {{table: {table}}}}}"]


@pytest.fixture(scope="module")
def run(finished, tmp_path_factory):
    """The finished run with sheets, and with labels from the truth."""
    workspace = finished.clone(tmp_path_factory.mktemp("labels") / "run")
    workspace.run(SHEET, "link_labels", settings=labelled_by("truth"))
    return workspace


@pytest.fixture(scope="module")
def truth(run):
    return read_table(run.results / "synapses/labels.parquet")


def fill(run, truth, path):
    """Fill in the sheet as the truth says, in another order of rows."""
    sheet = pd.read_csv(run.results / "exports/labels/candidates.csv", dtype=str)
    said = truth.set_index("synapse").loc[sheet["synapse"].astype("u8")]
    sheet["synaptic"] = np.where(said["is_synaptic"], "yes", "no")
    letters = said["first_is_pre"].map({1.0: "a", 0.0: "b"}).fillna("")
    sheet["pre"], sheet["sign"] = letters.to_numpy(), said["sign"].map(SIGNS).to_numpy()
    sheet.iloc[::-1].to_csv(path, index=False)
    return sheet


@pytest.mark.slow
def test_truth_labels_the_candidates(run, truth):
    candidates = read_table(run.results / "synapses/candidates.parquet")
    matches = read_table(run.results / "evaluation/synapses.parquet")
    assert truth["synapse"].tolist() == candidates["synapse"].tolist()
    found = matches["outcome"].isin(["true"]) | (matches["reason"] == "below threshold")
    assert truth["is_synaptic"].sum() == found.sum()
    right = matches[matches["outcome"] == "true"].set_index("predicted_synapse")
    labels = truth.set_index("synapse").loc[right.index]
    assert labels["is_synaptic"].all()
    assert labels["sign"].tolist() == right["truth_sign"].tolist()
    synapses = read_table(run.results / "connectome/synapses.parquet")
    synapses = synapses.set_index("synapse").loc[right.index]
    first_is_pre = synapses["pre"] < synapses["post"]
    swapped = right["truth_pre"] != right["predicted_pre"]
    assert (labels["first_is_pre"] == (first_is_pre ^ swapped)).all()


@pytest.mark.slow
def test_sheets_show_every_candidate(run):
    folder = run.results / "exports/labels"
    table = pd.read_csv(folder / "candidates.csv")
    candidates = read_table(run.results / "synapses/candidates.parquet")
    assert sorted(table["synapse"]) == candidates["synapse"].tolist()
    assert table["number"].tolist() == [*range(1, len(table) + 1)]
    (path,) = folder.glob("sheets/*.png")
    assert path.name == f"0001-{len(table):04d}.png"
    image = np.asarray(Image.open(path).convert("RGB")).astype(int)
    edge = PICTURE["tile_px"]
    step = (image.shape[0] - 60) // PICTURE["rows"]
    width = (image.shape[1] - 24) // PICTURE["columns"]
    assert step > edge
    assert width > 3 * edge
    for number in range(len(table)):
        row, column = divmod(number, PICTURE["columns"])
        bottom, left = 60 + (row + 1) * step, 24 + column * width
        shown = image[bottom - edge : bottom, left : left + 3 * edge]
        for tile in np.split(shown, 3, axis=1):
            grey = tile[np.ptp(tile, axis=2) < 10]
            assert grey.std() > 15
        for colour in ((230, 159, 0), (86, 180, 233)):  # cells a and b
            assert (np.abs(shown - colour).max(axis=2) < 30).any()


@pytest.mark.slow
def test_a_filled_sheet_is_read_back_as_the_truth(run, truth, tmp_path):
    path = tmp_path / "filled.csv"
    sheet = fill(run, truth, path)
    run.run("link_labels", settings=labelled_by(path))
    table = run.results / "synapses/labels.parquet"
    labels = read_table(table)
    pd.testing.assert_frame_equal(labels[JUDGED], truth[JUDGED])
    assert (labels["distance_nm"] == 0).all()
    # Of a run that numbers candidates otherwise: told by places and cells.
    again = sheet.assign(
        key="aaaaaaaaaa", synapse=sheet["synapse"].iloc[::-1].to_numpy()
    )
    again = again.assign(pre=fill(run, truth, path)["pre"])
    again.to_csv(path, index=False)
    assert {*run.planned("link_labels", settings=labelled_by(path))} == {"link_labels"}
    run.run("link_labels", settings=labelled_by(path))
    labels = read_table(table)
    pd.testing.assert_frame_equal(labels[JUDGED], truth[JUDGED])
    words = (run.results / "logs/link_labels.log").read_text()
    assert f"0 rows told by their keys, {len(truth)} by their places" in words


@pytest.mark.slow
def test_wrong_rows_stop_a_run_and_are_listed(run, tmp_path):
    path = tmp_path / "wrong.csv"
    path.write_text("z_vx,y_vx,x_vx,synaptic\n9999,1,1,yes\n")
    done = run.call("--show-failed-logs", "link_labels", settings=labelled_by(path))
    assert done.returncode != 0
    text = " ".join((done.stdout + done.stderr).split())
    assert "no candidate within 150 nm (synapses.labels.reach_nm): row 2" in text


def test_a_table_of_labels_belongs_to_a_run(tmp_path):
    workspace = Workspace(tmp_path)
    assert "link_labels" not in workspace.planned()
    assert "link_labels" in workspace.planned(settings=labelled_by("truth"))
    (tmp_path / "labels.csv").touch()
    assert "link_labels" in workspace.planned(settings=labelled_by("labels.csv"))
    assert SHEET in workspace.planned(SHEET)


@pytest.mark.parametrize(
    ("target", "settings", "message"),
    [
        (SHEET, ["volumes={raw: null}"], "A sheet of candidates needs volumes.raw"),
        (SHEET, ["volumes={sj: null}"], "A sheet of candidates needs volumes.sj"),
        ("link_labels", [], "synapses.labels.table is null: there are no labels"),
        ("all", labelled_by("nowhere.csv"), "labels.table: nowhere.csv does not exist"),
    ],
)
def test_what_is_missing_is_said_before_any_job(target, settings, message, tmp_path):
    done = Workspace(tmp_path).call("--dry-run", target, settings=settings)
    assert done.returncode != 0
    assert message in " ".join((done.stdout + done.stderr).split())
