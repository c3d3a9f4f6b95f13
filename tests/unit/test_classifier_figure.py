"""The figure about classifiers: what it lists, and that the data is drawn."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.metrics import average_precision_score

from neuropil.classifier.reliability import bound_share, trace_precision
from neuropil.classifier.validation import score_held_out
from neuropil.figures.classifier import (
    LEARNERS,
    POINTS,
    TARGETS,
    TOP,
    draw_classifier,
    list_panels,
)
from neuropil.figures.style import save_figure
from neuropil.schemas.classifier import HELD_OUT, IMPORTANCE, LABEL_COUNTS
from neuropil.schemas.figures import CLASSIFIER_PANELS
from neuropil.storage import as_table

PANELS = ("reliability", "precision", "importance", "labels")


def make_held_out(count=400, learners=LEARNERS, one_class=()):
    """Calibrated probabilities of all targets; of some targets all cases are true."""
    random, parts = np.random.default_rng(0), []
    for scheme in ("cell", "region"):
        for learner in learners:
            for target in TARGETS:
                p = random.random(count)
                y = (random.random(count) < p) | (target in one_class)
                columns = {"scheme": scheme, "learner": learner, "target": target}
                synapse = np.arange(1, count + 1, dtype=np.uint64)
                columns |= {"run": 0, "synapse": synapse, "is_true": y, "p": p}
                parts.append(pd.DataFrame(columns))
    table = pd.concat(parts, ignore_index=True)
    as_table(table, HELD_OUT)
    return table


def make_curve(one_class=()):
    rows = [
        (size, repeat, target, 0.6 + size / 1000 + repeat / 50,
         np.nan if target in one_class else 0.7 + size / 1500)
        for size in (50, 100, 200)
        for repeat in range(2 if size < 200 else 1)
        for target in TARGETS
    ]  # fmt: skip
    names = ["label_count", "repeat", "target", "accuracy", "average_precision"]
    table = pd.DataFrame(rows, columns=names)
    as_table(table, LABEL_COUNTS)
    return table


def make_importance(count=14):
    rows = [
        (t, f"feature_{k:02}", 0.3 - 0.03 * k) for t in TARGETS for k in range(count)
    ]
    table = pd.DataFrame(rows, columns=["target", "feature", "loss"])
    as_table(table, IMPORTANCE)
    return table


def make(by="cell", learners=LEARNERS, one_class=()):
    """Panels and the scores that belong to them."""
    held_out = make_held_out(learners=learners, one_class=one_class)
    tables = (held_out, make_curve(one_class), make_importance())
    panels = list_panels(*tables, by)
    as_table(panels, CLASSIFIER_PANELS)
    assert not panels.duplicated([*CLASSIFIER_PANELS.keys]).any()
    return panels, score_held_out(held_out, {"sign": 0.6})[by]


def draw(panels, scores):
    """Axes by target and panel; what can't be drawn shows in the layout."""
    figure = draw_classifier(panels, scores)
    figure.draw_without_rendering()
    keys = [(target, panel) for target in TARGETS for panel in PANELS]
    assert len(keys) == len(figure.axes)
    return dict(zip(keys, figure.axes))


def texts(axis):
    legend = axis.get_legend()
    entries = legend.get_texts() if legend else []
    return [text.get_text() for text in [*axis.texts, *entries]]


class TestListing:
    def test_every_target_and_learner_is_in_every_panel(self):
        panels, _ = make()
        found = {*map(tuple, panels[["panel", "target"]].drop_duplicates().to_numpy())}
        assert found == {(panel, target) for panel in PANELS for target in TARGETS}
        for name in ("reliability", "precision"):
            part = panels[panels["panel"] == name]
            assert {*part["name"]} == {*LEARNERS}

    def test_one_scheme_is_shown(self):
        one, other = make("cell")[0], make("region")[0]
        bins = (t[t["panel"] == "reliability"]["y"].to_numpy() for t in (one, other))
        assert not np.array_equal(*bins)

    def test_bins_count_cases_and_directions_are_mirrored(self):
        panels, _ = make()
        bins = panels[(panels["panel"] == "reliability") & (panels["name"] == "chosen")]
        cases = bins.groupby("target")["count"].sum()
        assert cases.to_dict() == {"synaptic": 400, "sign": 400, "direction": 800}
        share = bins[bins["target"] == "direction"]["y"].to_numpy()
        np.testing.assert_allclose(share, 1 - share[::-1])
        # Calibrated: 95 % of the intervals hold the probability.
        inside = (bins["low"] <= bins["x"]) & (bins["x"] <= bins["high"])
        assert inside.mean() > 0.8
        assert ((bins["low"] <= bins["y"]) & (bins["y"] <= bins["high"])).all()

    def test_bounds_narrow_with_the_cases(self):
        share, count = np.full(3, 0.5), np.array([1, 10, 1000])
        low, high = bound_share(share, count)
        assert (np.diff(high - low) < 0).all()
        np.testing.assert_allclose((low + high) / 2, 0.5)
        assert high[2] - low[2] == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 1000), 0.01)

    def test_precision_is_that_of_scikit_learn(self):
        random = np.random.default_rng(3)
        p = random.integers(0, 20, 300) / 20
        y = random.random(300) < p
        recall, precision = trace_precision(p, y)
        steps = np.diff(recall, prepend=0)
        assert steps @ precision == pytest.approx(average_precision_score(y, p))
        assert recall[-1] == 1
        assert precision[-1] == y.mean()

    def test_long_curves_are_thinned_and_keep_their_ends(self):
        table = make_held_out(3000)
        table["p"] = np.random.default_rng(1).random(len(table))
        panels = list_panels(table, make_curve(), make_importance(), "cell")
        keys = ["target", "name"]
        part = panels[panels["panel"] == "precision"]
        assert (part.groupby(keys).size() == POINTS).all()
        assert (part.groupby(keys)["x"].max() == 1).all()

    def test_the_best_features_come_first(self):
        panels, _ = make()
        part = panels[(panels["panel"] == "importance") & (panels["target"] == "sign")]
        assert list(part["name"]) == [f"feature_{k:02}" for k in range(TOP)]
        assert list(part["number"]) == list(range(TOP))
        assert part["x"].iloc[0] == 0.3


class TestDrawing:
    def test_all_targets_are_drawn(self):
        panels, scores = make()
        axes = draw(panels, scores)
        for target, (title, of) in TARGETS.items():
            first, second, third, fourth = (axes[target, name] for name in PANELS)
            assert first.get_title("left").startswith(title)
            assert first.get_xlabel() == f"probability of being {of}"
            assert "nats" in third.get_xlabel()
            for learner in LEARNERS:
                found = scores[learner][target]
                error, ap = found["calibration_error"], found["average_precision"]
                assert f"{learner}, error {error:.3f}" in texts(first)
                assert f"{learner}, AP {ap:.3f}" in texts(second)
            assert len(first.containers) == 2 * len(LEARNERS)
            assert [bar.get_width() for bar in third.patches] == pytest.approx(
                [0.3 - 0.03 * k for k in range(TOP)]
            )
            lines = {line.get_label(): line for line in fourth.get_lines()}
            mean = lines["accuracy"].get_ydata()
            np.testing.assert_allclose(mean, [0.66, 0.71, 0.8])
            dots = max(fourth.get_lines(), key=lambda line: len(line.get_xdata()))
            assert len(dots.get_xdata()) == 5

    def test_it_is_saved_as_others_are(self, tmp_path):
        paths = tmp_path / "figure.svg", tmp_path / "figure.png"
        save_figure(draw_classifier(*make()), *paths)
        assert "</svg>" in paths[0].read_text()
        with Image.open(paths[1]) as image:
            assert image.width > image.height > 1500
            assert len(image.convert("RGB").getcolors(2**24)) > 50

    def test_counts_stand_on_the_bars(self):
        panels, scores = make()
        found = texts(draw(panels, scores)["sign", "reliability"])
        bins = panels[(panels["panel"] == "reliability") & (panels["target"] == "sign")]
        assert {f"{n:,}" for n in bins["count"]} <= {*found}

    def test_a_target_of_one_class_has_no_precision(self):
        panels, scores = make(one_class=("sign",))
        axes = draw(panels, scores)
        assert texts(axes["sign", "precision"]) == ["one class only"]
        assert texts(axes["synaptic", "precision"]) != ["one class only"]
        assert len(axes["sign", "reliability"].containers) == 2 * len(LEARNERS)
        labels = [line.get_label() for line in axes["sign", "labels"].get_lines()]
        assert "accuracy" in labels
        assert "average precision" not in labels

    def test_a_target_without_cases_says_so(self):
        tables = (make_held_out(), make_curve(), make_importance())
        known = [table[table["target"] != "sign"] for table in tables]
        panels = list_panels(*known, "cell")
        scores = score_held_out(known[0], {})["cell"]
        axes = draw(panels, scores)
        assert texts(axes["sign", "reliability"]) == ["no cases"]
        assert texts(axes["sign", "labels"]) == ["no cases"]
        assert len(axes["direction", "importance"].patches) == TOP

    def test_without_reference_the_chosen_one_is_drawn(self):
        panels, scores = make(learners=["chosen"])
        axes = draw(panels, scores)
        for target in TARGETS:
            found = texts(axes[target, "reliability"]) + texts(
                axes[target, "precision"]
            )
            assert any(text.startswith("chosen") for text in found)
            assert not any(text.startswith("reference") for text in found)

    def test_without_anything_there_is_an_empty_figure(self):
        tables = (make_held_out(), make_curve(), make_importance())
        panels = list_panels(*(table.iloc[:0] for table in tables), "cell")
        as_table(panels, CLASSIFIER_PANELS)
        axes = draw(panels, {})
        assert all(len(texts(axis)) == 1 for axis in axes.values())
