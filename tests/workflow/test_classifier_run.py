"""Classifiers in a run: better than the rule on poor maps, trained from labels."""

import json

import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from neuropil.connectome import direct_synapses
from neuropil.evaluation.thresholds import evaluate_thresholds
from neuropil.storage import read_table
from workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hard")]

# A tissue that the shipped classifier has not seen, a quarter of the usual size.
SIDES = "{z: 160, y: 400, x: 400}"
TISSUE = [f"phantom={{seed: 23, shape_vx: {SIDES}}}", f"chunk_shape_vx={SIDES}"]
LABELS = "synapses={labels: {table: truth, count: null}}"
QUICK = "boosting: {trees: 20}, reference: {forest: {trees: 20}}, "
QUICK += "curve: {label_counts: [100], repeats: 1}"
SIZE_NM = (25.0, 10.0, 10.0)
FILES = ("connectome/expected_edges.parquet", "evaluation/thresholds.parquet")


@pytest.fixture(scope="module")
def hard(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hard") / "run"
    workspace = Workspace(folder, "config/phantom_hard.yaml")
    wanted = [*FILES, "synapses/labels.parquet"]
    paths = [f"results/phantom_hard/{path}" for path in wanted]
    workspace.run(*paths, settings=[*TISSUE, LABELS])
    return workspace


def read(run, path):
    return read_table(run.results / f"{path}.parquet")


def labelled(run):
    """Synapses of the connectome, and whether they are real."""
    labels = read(run, "synapses/labels")[["synapse", "is_synaptic"]]
    return read(run, "connectome/synapses").merge(labels, on="synapse")


def test_the_classifier_decides(hard):
    synapses = read(hard, "connectome/synapses")
    assert (synapses["method"] == "classifier").all()
    assert synapses["p_excitatory"].between(0, 1).all()
    sure = (synapses["p_excitatory"] - 0.5).abs() >= 0.1
    assert (synapses.loc[sure, "sign"] != 0).all()
    assert (synapses.loc[~sure, "sign"] == 0).all()


def test_it_knows_synapses_and_how_many_there_are(hard):
    table = labelled(hard)
    real, p = table["is_synaptic"], table["p_synaptic"]
    assert real.sum() > 60
    assert average_precision_score(real, p) > 0.95
    assert p.sum() == pytest.approx(real.sum(), rel=0.15)
    expected = read(hard, "connectome/expected_edges")
    assert expected["expected_count"].sum() == pytest.approx(p.sum())


def test_edges_are_better_than_by_the_rule(hard):
    tables = [
        read(hard, f"synapses/{name}")
        for name in ("candidates", "features", "direction")
    ]
    by_rule = direct_synapses(*tables, SIZE_NM, [], 0.6)
    truth = [read(hard, f"phantom/truth/{name}") for name in ("synapses", "edges")]
    cells = read(hard, "evaluation/cells")
    rule = evaluate_thresholds(by_rule, truth, cells, [0.5], 0.6).iloc[0]
    found = read(hard, "evaluation/thresholds").set_index("threshold").loc[0.5]
    assert found["edge_f1"] > rule["edge_f1"] + 0.1
    assert found["synapse_f1"] > rule["synapse_f1"] + 0.1
    # What probabilities promise is what the truth says.
    assert found["expected_precision"] == pytest.approx(
        found["edge_precision"], abs=0.08
    )


@pytest.mark.parametrize(
    ("changed", "first"),
    [
        ("min_p_sign: 0.9", "measure_connectome"),
        ("thresholds: [0.5]", "measure_expectation"),
        ("model: null", "measure_connectome"),
    ],
)
def test_a_changed_setting_repeats_what_depends_on_it(hard, changed, first):
    paths = [f"results/phantom_hard/{path}" for path in FILES]
    settings = [*TISSUE, LABELS, f"classifier={{{changed}}}"]
    planned = set(hard.planned(*paths, settings=settings))
    after = {"measure_connectome", "measure_expectation", "evaluate_thresholds"}
    assert first in planned
    assert planned <= after
    if first == "measure_expectation":
        assert "measure_connectome" not in planned


def test_a_classifier_is_trained_and_shown_in_a_run(hard, tmp_path):
    run = hard.clone(tmp_path / "run")
    settings = [*TISSUE, LABELS, f"classifier={{{QUICK}}}"]
    run.run("classifier", settings=settings)
    folder = run.results / "classifier"
    card = json.loads((folder / "card.json").read_text())
    assert card["labels"]["synaptic"]["yes"] == labelled(run)["is_synaptic"].sum()
    assert card["held_out"]["direction"]["accuracy"] > 0.9
    scores = json.loads((folder / "scores.json").read_text())["cell"]
    ours, reference = (
        scores[name]["synaptic"]["average_precision"]
        for name in ("chosen", "reference")
    )
    assert ours > reference
    assert (run.results / "figures/classifier.png").stat().st_size > 20_000
    held = pd.read_parquet(folder / "held_out.parquet")
    assert held.groupby(["scheme", "learner", "target"]).ngroups == 12
    # Another seed trains again, and measures nothing again.
    path = "results/phantom_hard/classifier/classifier.skops"
    other = [*TISSUE, LABELS, f"classifier={{{QUICK}, seed: 2}}"]
    assert set(run.planned(path, settings=other)) == {"train_classifier"}
    assert run.planned(path, settings=settings) == {}
    # What has no say in training and scores repeats neither.
    idle = f"{QUICK}, thresholds: [0.5], forest: {{trees: 9}}"
    both = [path, "results/phantom_hard/classifier/held_out.parquet"]
    planned = run.planned(*both, settings=[*TISSUE, LABELS, f"classifier={{{idle}}}"])
    assert planned == {}
    # The run's own classifier can be put to use.
    own = [*TISSUE, LABELS, f"classifier={{{QUICK}, model: {path}}}"]
    planned = set(run.planned(f"results/phantom_hard/{FILES[0]}", settings=own))
    assert planned == {"predict_synapses", "measure_connectome", "measure_expectation"}
