"""Classifiers of synapses: mirrored, held out, calibrated, stored safely."""

import re
import zipfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skops.io import dump

from neuropil.classifier.cases import LEAST, fold, read_cases
from neuropil.classifier.folds import Folds, fold_cells, fold_regions, sample_cases
from neuropil.classifier.learners import Platt, calibrate
from neuropil.classifier.model import TARGETS, predict_synapses, train
from neuropil.classifier.report import describe_training, evaluate_classifier
from neuropil.classifier.sides import as_matrix, list_features
from neuropil.classifier.store import read_classifier, write_classifier
from neuropil.classifier.validation import (
    calibration_error,
    cross_validate,
    measure_curve,
    score_held_out,
    score_target,
)
from neuropil.errors import InputError
from neuropil.figures.classifier import draw_classifier, list_panels
from neuropil.schemas.classifier import HELD_OUT, IMPORTANCE, LABEL_COUNTS
from neuropil.schemas.synapses import DIRECTION
from neuropil.storage import as_table

SETTINGS = {
    "seed": 1,
    "folds": {"by": "region", "count": 5, "region_nm": 1000},
    "learner": "boosting",
    "features": None,
    "boosting": {
        "trees": 40,
        "learning_rate": 0.1,
        "leaves": 4,
        "least_cases": 5,
        "l2": 1.0,
        "features_per_split": 1.0,
    },
    "forest": {"trees": 30, "least_cases": 2},
    "reference": {
        "learner": "forest",
        "features": ["volume_um3"],
        "forest": {"trees": 20, "least_cases": 1},
    },
    "curve": {"label_counts": [30, 100], "repeats": 2},
    "min_p_sign": 0.6,
}
HEAD = {"format": 1, "scikit-learn": version("scikit-learn")}
OWN = HEAD | {"features": []}
PART = {"learner": 0.5, "platt": [1.0, 0.0]}
FOREST = SETTINGS | {"learner": "forest"}


def make_cases(count=300, seed=0, cells=60):
    """Candidates whose features tell reality, direction and sign, not without error."""
    random = np.random.default_rng(seed)
    real = random.random(count) < 0.7
    first = random.random(count) < 0.5
    excites = random.random(count) < 0.5
    vesicles = np.where(real, random.gamma(3, 1, count), random.gamma(0.5, 0.3, count))
    other = random.gamma(0.5, 0.3, count)
    pairs = np.sort(random.integers(1, cells, (count, 2)), axis=1).astype(np.uint64)
    pairs[:, 1] += np.uint64(cells)
    evidence = pd.DataFrame(
        {
            "synapse": np.arange(1, count + 1, dtype=np.uint64),
            "cell_a": pairs[:, 0],
            "cell_b": pairs[:, 1] + np.uint64(2**63),
            **{f"{a}_nm": random.uniform(0, 5000, count) for a in "zyx"},
            "p_first_is_pre": np.where(first == (vesicles > other), 0.75, 0.25),
            "volume_um3": random.gamma(2, 1, count) + real,
            "sym_ratio": np.clip(random.normal(0.3 + 0.4 * ~excites, 0.15), 0, 1),
            "vc_um3_1000_a": np.where(first, vesicles, other),
            "vc_um3_1000_b": np.where(first, other, vesicles),
            "mi_nm_a": np.where(random.random(count) < 0.2, np.nan, 1.0),
            "mi_nm_b": np.where(random.random(count) < 0.2, np.nan, 2.0),
        }
    )
    labels = pd.DataFrame(
        {
            "synapse": evidence["synapse"],
            "is_synaptic": real,
            "first_is_pre": np.where(real, first, np.nan),
            "sign": np.where(real, np.where(excites, 1, -1), 0).astype(np.int8),
            "split": "",
            "distance_nm": 0.0,
            "source_row": 0,
        }
    )
    return evidence, labels


def swapped(evidence):
    """Exchange both cells of every candidate."""
    other = {"a": "b", "b": "a"}
    names = {c: c[:-1] + other[c[-1]] for c in evidence if re.search("_[ab]$", c)}
    table = evidence.rename(columns=names)[list(evidence.columns)]
    return table.assign(p_first_is_pre=1 - evidence["p_first_is_pre"])


def folds_of(evidence, settings=SETTINGS):
    places = evidence[["z_nm", "y_nm", "x_nm"]].to_numpy()
    return fold_regions(places, 1000, settings["folds"]["count"], 1)


@pytest.fixture(scope="module")
def trained():
    evidence, labels = make_cases()
    return train(evidence, labels, folds_of(evidence), SETTINGS)


@pytest.mark.parametrize("spec", [SETTINGS, FOREST], ids=["boosting", "forest"])
def test_swapping_the_cells_mirrors_the_answer_exactly(spec):
    evidence, labels = make_cases()
    made = train(evidence, labels, folds_of(evidence), spec).classifier
    unseen, _ = make_cases(200, seed=1)
    there, back = (predict_synapses(made, e) for e in (unseen, swapped(unseen)))
    assert (there["p_first_is_pre"] == 1 - back["p_first_is_pre"]).all()
    for name in ("p_synaptic", "p_excitatory"):
        assert (there[name] == back[name]).all()
    assert (there["p_first_is_pre"] != 0.5).mean() > 0.5
    as_table(there, DIRECTION)


def test_cells_that_look_alike_have_an_open_direction(trained):
    evidence, _ = make_cases(20, seed=2)
    for name in ("vc_um3_1000", "mi_nm"):
        evidence[f"{name}_b"] = evidence[f"{name}_a"]
    table = predict_synapses(trained.classifier, evidence)
    assert (table["p_first_is_pre"] == 0.5).all()
    assert table["p_synaptic"].between(0, 1).all()


def test_ids_and_places_of_candidates_are_no_features():
    evidence, _ = make_cases(5)
    assert list_features(evidence) == (
        ["volume_um3", "sym_ratio"],
        ["vc_um3_1000", "mi_nm"],
    )


def test_what_is_learnt_does_not_depend_on_which_cell_has_the_smaller_id():
    evidence, labels = make_cases()
    turn = np.random.default_rng(3).random(len(evidence)) < 0.5
    mixed = pd.concat([evidence[~turn], swapped(evidence)[turn]]).sort_index()
    turned = labels.assign(
        first_is_pre=labels["first_is_pre"].where(~turn, 1 - labels["first_is_pre"])
    )
    unseen, truth = make_cases(300, seed=4)
    tables = []
    for one, marks in ((evidence, labels), (mixed, turned)):
        made = train(one, marks, folds_of(one), SETTINGS).classifier
        tables.append(predict_synapses(made, unseen))
    real = truth["is_synaptic"]
    for table in tables:
        right = (table["p_first_is_pre"] > 0.5) == (truth["first_is_pre"] == 1)
        assert right[real].mean() > 0.9
    assert np.abs(tables[0]["p_synaptic"] - tables[1]["p_synaptic"]).mean() < 0.1


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(3, 8), st.integers(2, 30), st.integers(0, 2**32))
def test_no_case_learns_from_its_own_cells(count, folds, cells, seed):
    random = np.random.default_rng(seed)
    pairs = random.integers(0, cells, (count, 2)).astype(np.uint64) + np.uint64(2**63)
    split = fold_cells(pairs, folds, seed)
    tested = np.zeros(count, int)
    for learn, test in split.split():
        tested += test
        for row in np.flatnonzero(test):
            assert not np.isin(pairs[learn], pairs[row]).any()
    assert (tested == 1).all()


def test_no_case_learns_from_its_own_region():
    random = np.random.default_rng(0)
    places = random.uniform(-3000, 9000, (500, 3))
    cube = np.floor(places / 1500)
    for learn, test in fold_regions(places, 1500, 4, 7).split():
        both = {tuple(c) for c in cube[learn]} & {tuple(c) for c in cube[test]}
        assert not both
        assert 0 < test.sum() < 250


def test_samples_have_a_share_of_each_stratum_and_follow_from_the_seed():
    strata = np.repeat([0, 1, 2], [600, 300, 100])
    allowed = np.arange(1000) % 2 == 0
    chosen = sample_cases(allowed, strata, 100, 5)
    assert np.bincount(strata[chosen]).tolist() == [60, 30, 10]
    assert not (chosen & ~allowed).any()
    assert (chosen == sample_cases(allowed, strata, 100, 5)).all()
    assert (chosen != sample_cases(allowed, strata, 100, 6)).any()
    assert (sample_cases(allowed, strata, 501, 5) == allowed).all()


def test_scores_become_the_probabilities_that_they_should_be():
    random = np.random.default_rng(0)
    odds = random.normal(1, 2, 20_000)
    y = random.random(len(odds)) < 1 / (1 + np.exp(-odds))
    platt = calibrate(3 * odds - 2, y, mirrored=False)
    assert platt.slope == pytest.approx(1 / 3, rel=0.05)
    assert platt.offset == pytest.approx(2 / 3, rel=0.1)
    assert calibration_error(platt(3 * odds - 2), y) < 0.01
    assert calibration_error(1 / (1 + np.exp(2 - 3 * odds)), y) > 0.03
    half = calibrate(odds, y, mirrored=True)
    assert half.offset == 0
    assert (half(odds) == 1 - half(-odds)).all()


def test_classes_that_never_mix_keep_a_finite_slope():
    platt = calibrate(np.array([-2.0, -1, 1, 2]), np.array([0, 0, 1, 1]) == 1, False)
    assert 0.1 < platt(np.array([-2.0]))[0] < 0.4
    assert calibrate(np.empty(0), np.empty(0, bool), False) == Platt(1, 0)


def test_a_score_of_the_wrong_sense_is_worth_nothing():
    scores = np.array([-3.0, -1, 1, 2, 3])
    platt = calibrate(scores, scores < 0, mirrored=False)
    assert platt.slope == 0
    assert platt(np.zeros(1))[0] == pytest.approx(0.4, abs=0.05)


def test_scores_of_a_target_count_what_they_say():
    p, y = np.array([0.9, 0.8, 0.55, 0.3]), np.array([True, True, False, False])
    scores = score_target(p, y, min_p=0.6)
    assert scores["average_precision"] == 1
    assert scores["called"] == 0.75
    assert scores["accuracy"] == 1
    assert score_target(p, y)["accuracy"] == 0.75
    expected = (0.1 + 0.2 + 0.55 + 0.3) / 4
    assert scores["calibration_error"] == pytest.approx(expected)
    assert score_target(p[:0], y[:0]) == {"count": 0}
    assert score_target(p, y | True)["average_precision"] is None


def test_held_out_probabilities_are_good_and_calibrated():
    evidence, labels = make_cases(800)
    places = evidence[["z_nm", "y_nm", "x_nm"]].to_numpy()
    cells = evidence[["cell_a", "cell_b"]].to_numpy()
    schemes = {
        "region": fold_regions(places, 1000, 5, 1),
        "cell": fold_cells(cells, 4, 1),
    }
    table, _ = cross_validate(evidence, labels, {"chosen": SETTINGS}, schemes)
    scores = score_held_out(table, {"sign": 0.6})
    for scheme in schemes:
        made = scores[scheme]["chosen"]
        assert made["synaptic"]["average_precision"] > 0.97
        assert made["direction"]["accuracy"] > 0.93
        assert made["sign"]["accuracy"] > 0.85
        for target in TARGETS:
            assert made[target]["calibration_error"] < 0.06


def test_what_only_knows_its_cells_learns_nothing_by_cell():
    """Labels that follow from the cells, and a feature that names these."""
    random = np.random.default_rng(0)
    evidence, labels = make_cases(600, cells=24)
    real = random.random(100) < 0.5
    first = evidence["cell_a"].to_numpy().astype(int)
    labels["is_synaptic"] = real[first]
    evidence = evidence[["synapse", "cell_a", "cell_b", "z_nm", "y_nm", "x_nm"]].assign(
        name=random.permutation(100)[first].astype(float), mi_nm_a=0.0, mi_nm_b=0.0
    )
    cells = evidence[["cell_a", "cell_b"]].to_numpy()
    any_ = Folds(np.arange(600)[:, None] % 5)
    schemes = {"any": any_, "cell": fold_cells(cells, 5, 1)}
    table, _ = cross_validate(evidence, labels, {"chosen": SETTINGS}, schemes)
    scores = score_held_out(table, {})
    assert scores["any"]["chosen"]["synaptic"]["accuracy"] > 0.95
    assert scores["cell"]["chosen"]["synaptic"]["accuracy"] < 0.75


def write_runs(folder, runs):
    """Files of evidence and labels of runs."""
    paths = [], []
    for number, tables in enumerate(runs):
        for path, table, name in zip(paths, tables, ("evidence", "labels")):
            path.append(folder / f"{number}_{name}.parquet")
            table.to_parquet(path[-1])
    return paths


def test_runs_are_learnt_from_together_and_share_no_cell(tmp_path):
    runs = [make_cases(80, seed) for seed in (0, 1)]
    cases = read_cases(*write_runs(tmp_path, runs), None)
    assert len(cases.evidence) == 160
    assert cases.run.tolist() == [0] * 80 + [1] * 80
    assert (cases.evidence["synapse"] == cases.labels["synapse"]).all()
    folds = fold(cases, SETTINGS)
    same = np.arange(80)
    assert (folds["cell"].groups[same] != folds["cell"].groups[same + 80]).any()
    assert folds["region"].groups.max() == 4


def test_only_labelled_candidates_are_learnt_from_whatever_their_order(tmp_path):
    evidence, labels = make_cases(200)
    chosen = labels.sample(120, random_state=1)
    cases = read_cases(*write_runs(tmp_path, [(evidence, chosen)]), None)
    expected = evidence.set_index("synapse").loc[chosen["synapse"]]
    assert (
        cases.evidence["volume_um3"].to_numpy() == expected["volume_um3"].to_numpy()
    ).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda e, m: (e, m.assign(is_synaptic=True)),
            "are 100 synapses and 0 others",
        ),
        (lambda e, m: (e, m[:LEAST]), f"at least {LEAST} of each are"),
        (lambda e, m: (e.drop(columns="volume_um3"), m), "are not measured"),
        (lambda e, m: (e[5:], m), "5 candidates, such as 1, .* of an older run"),
    ],
)
def test_labels_that_teach_nothing_are_refused(tmp_path, change, words):
    paths = write_runs(tmp_path, [change(*make_cases(100))])
    with pytest.raises(InputError, match=words):
        read_cases(*paths, ["volume_um3"])


def test_runs_with_other_features_are_refused(tmp_path):
    evidence, labels = make_cases(100)
    other = evidence.drop(columns=["mi_nm_a", "mi_nm_b"])
    paths = write_runs(tmp_path, [(evidence, labels), (other, labels)])
    with pytest.raises(InputError, match=r"differ in the features \['mi_nm_a'"):
        read_cases(*paths, None)


def test_a_run_is_not_learnt_from_twice(tmp_path):
    (evidence,), (labels,) = write_runs(tmp_path, [make_cases(100)])
    again = tmp_path / ".." / tmp_path.name / "0_labels.parquet"
    with pytest.raises(InputError, match="has a run twice"):
        read_cases([evidence, evidence], [labels, again], None)


def test_features_of_the_reference_that_were_not_measured_are_named(tmp_path):
    cases = read_cases(*write_runs(tmp_path, [make_cases(100)]), None)
    reference = SETTINGS["reference"] | {"features": ["volume_um3", "mi_count_2000"]}
    with pytest.raises(InputError, match=r"reference: features has \['mi_count_2000'"):
        evaluate_classifier(
            cases, fold(cases, SETTINGS), SETTINGS | {"reference": reference}
        )


def test_numbers_of_labels_are_those_that_are_learnt_from():
    """Folded by cell, less than half of the labels share no fold with a case."""
    evidence, labels = make_cases(200)
    folds = fold_cells(evidence[["cell_a", "cell_b"]].to_numpy(), 5, 1)
    learnt = [learn.sum() for learn, _ in folds.split()]
    counts = [min(learnt), min(learnt) + 1, max(learnt), 199]
    curve = measure_curve(evidence, labels, folds, SETTINGS, (counts, 1))
    found = curve["label_count"].unique().tolist()
    assert found[0] == min(learnt)
    assert found[1:] == [pytest.approx(np.mean(learnt), abs=15)]
    assert found[1] < 110


@pytest.mark.parametrize("spec", [SETTINGS, FOREST], ids=["boosting", "forest"])
def test_a_stored_classifier_predicts_the_same_and_has_the_same_bytes(tmp_path, spec):
    evidence, labels = make_cases()
    paths = []
    for name in ("one", "two"):
        made = train(evidence, labels, folds_of(evidence), spec).classifier
        paths.append(tmp_path / f"{name}.skops")
        write_classifier(paths[-1], made)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    found = read_classifier(paths[0])
    assert found.features == made.features
    unseen, _ = make_cases(100, seed=1)
    pd.testing.assert_frame_equal(
        predict_synapses(found, unseen), predict_synapses(made, unseen)
    )


def test_long_numbers_of_a_stored_classifier_are_kept(tmp_path):
    evidence, labels = make_cases()
    spec = FOREST | {"seed": 1234567890}
    made = train(evidence, labels, folds_of(evidence), spec).classifier
    write_classifier(tmp_path / "one.skops", made)
    found = read_classifier(tmp_path / "one.skops")
    for name, part in made.parts.items():
        given, read = part.learner, found.parts[name].learner
        assert read.random_state == given.random_state == 1234567890
        seeds = [[t.random_state for t in one.estimators_] for one in (given, read)]
        assert seeds[0] == seeds[1]


def test_a_file_that_names_foreign_objects_is_not_read(tmp_path):
    path = tmp_path / "evil.skops"
    dump({"format": 1, "features": [], "parts": Path("/")}, path)
    with pytest.raises(InputError, match=r"types .*Path.*it was not read"):
        read_classifier(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"format": 0}, "no classifier of this version"),
        ([1, 2], "no classifier of this version"),
        (OWN | {"scikit-learn": "1.2.3"}, r"written with scikit-learn 1\.2\.3, and"),
        ({"format": 1}, "written with scikit-learn None"),
        (OWN | {"parts": {}}, r"predicts \[\]; synaptic is"),
        (OWN | {"parts": 3}, r"predicts \[\]"),
        (HEAD | {"parts": dict.fromkeys(TARGETS, PART)}, "lacks .*'features'"),
        (
            HEAD | {"parts": dict.fromkeys(TARGETS, PART | {"learner": "x"})},
            "str in place of a learner",
        ),
    ],
)
def test_files_that_are_no_classifiers_are_refused(tmp_path, content, words):
    path = tmp_path / "other.skops"
    dump(content, path)
    with pytest.raises(InputError, match=words):
        read_classifier(path)


@pytest.mark.parametrize("child", [10**6, 0, -5])
@pytest.mark.parametrize("spec", [SETTINGS, FOREST], ids=["boosting", "forest"])
def test_trees_that_lead_out_of_themselves_are_refused(tmp_path, spec, child):
    evidence, labels = make_cases()
    made = train(evidence, labels, folds_of(evidence), spec).classifier
    learner = made.parts["sign"].learner
    if spec is FOREST:
        tree = learner.estimators_[-1].tree_
        state = tree.__getstate__()
        state["nodes"]["left_child"][0] = child
        tree.__setstate__(state)
    else:
        learner._predictors[-1][0].nodes["left"][0] = child % 2**32
    write_classifier(tmp_path / "bad.skops", made)
    with pytest.raises(InputError, match="leads out of itself"):
        read_classifier(tmp_path / "bad.skops")


def test_missing_and_broken_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_classifier(tmp_path / "none.skops")
    (tmp_path / "bad.skops").write_bytes(b"no archive")
    with pytest.raises(InputError, match="can't be read as a classifier"):
        read_classifier(tmp_path / "bad.skops")
    with zipfile.ZipFile(tmp_path / "empty.skops", "w"):
        pass
    with pytest.raises(InputError, match="can't be read as a classifier"):
        read_classifier(tmp_path / "empty.skops")


def test_features_that_were_not_measured_are_named(trained):
    evidence, _ = make_cases(10)
    with pytest.raises(InputError, match="needs the feature sym_ratio"):
        predict_synapses(trained.classifier, evidence.drop(columns="sym_ratio"))


def test_what_nobody_labelled_is_told_by_the_rule_and_by_type(tmp_path):
    evidence, labels = make_cases()
    few = labels.assign(first_is_pre=np.nan, sign=np.int8(0))
    cases = read_cases(*write_runs(tmp_path, [(evidence, few)]), None)
    folds = fold(cases, SETTINGS)
    made = train(cases.evidence, cases.labels, folds["region"], SETTINGS).classifier
    assert list(made.parts) == ["synaptic"]
    write_classifier(tmp_path / "one.skops", made)
    found = read_classifier(tmp_path / "one.skops")
    unseen, truth = make_cases(200, seed=1)
    table = predict_synapses(found, unseen)
    assert (table["p_first_is_pre"] == unseen["p_first_is_pre"]).all()
    assert table["p_excitatory"].isna().all()
    real = table["p_synaptic"] > 0.5
    assert (real == truth["is_synaptic"]).mean() > 0.9
    back = predict_synapses(found, swapped(unseen))
    assert (back["p_synaptic"] == table["p_synaptic"]).all()
    report = evaluate_classifier(cases, folds, SETTINGS)
    assert set(report.held_out["target"]) == {"synaptic"}
    assert set(report.importance["target"]) == {"synaptic"}
    panels = list_panels(report.held_out, report.curve, report.importance, "cell")
    assert draw_classifier(panels, report.scores["cell"]).axes


def test_a_report_says_what_features_and_labels_are_worth(tmp_path):
    cases = read_cases(*write_runs(tmp_path, [make_cases(250)]), None)
    found = evaluate_classifier(cases, fold(cases, SETTINGS), SETTINGS)
    for table, schema in (
        (found.held_out, HELD_OUT),
        (found.curve, LABEL_COUNTS),
        (found.importance, IMPORTANCE),
    ):
        as_table(table, schema)
    assert set(found.scores) == {"cell", "region"}
    assert set(found.scores["cell"]) == {"chosen", "reference"}
    best = found.importance.sort_values("loss").groupby("target")["feature"].last()
    assert best["direction"] == best["synaptic"] == "vc_um3_1000"
    assert best["sign"] == "sym_ratio"
    curve = found.curve[found.curve["target"] == "synaptic"]
    means = curve.groupby("label_count")["average_precision"].mean()
    split = fold(cases, SETTINGS)["region"].split()
    sizes = [learn.sum() for learn, test in split for _ in range(test.sum())]
    assert means.index.tolist() == [30, 100, round(np.mean(sizes))]
    assert means.iloc[-1] > means.iloc[0]


def test_a_card_says_what_was_learnt_from(tmp_path, trained):
    paths = write_runs(tmp_path, [make_cases()])
    cases = read_cases(*paths, None)
    given = (cases, folds_of(cases.evidence))
    card = describe_training(trained, given, paths[0] + paths[1], SETTINGS)
    assert set(card["labels"]) == set(TARGETS)
    assert card["labels"]["synaptic"]["yes"] == int(cases.labels["is_synaptic"].sum())
    assert len(card["learnt_from"]) == 2
    assert card["versions"]["scikit-learn"]
    assert card["calibration"]["direction"]["offset"] == 0
    assert card["held_out"]["synaptic"]["average_precision"] > 0.95


def test_as_matrix_names_what_is_missing():
    evidence, _ = make_cases(5)
    with pytest.raises(KeyError, match="nothing"):
        as_matrix(evidence, ["nothing"])
