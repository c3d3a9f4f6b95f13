"""Statistics of sizes and pairs: formulas, other implementations, planted effects."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from neuropil.analysis import lognormal, pairs, sizes
from neuropil.connectome import gather_edges
from neuropil.schemas.sizes import SIZE_STATISTICS
from neuropil.storage import as_table

SETTINGS = {"shuffles": 200, "seed": 3}


def draw(count, mean=-2.0, sd=0.7, seed=0):
    return np.random.default_rng(seed).normal(mean, sd, count)


class TestLogNormal:
    def test_the_fit_is_that_of_scipy(self):
        logs = draw(500)
        fit = lognormal.fit_log_normal(logs)
        shape, _, scale = stats.lognorm.fit(np.exp(logs), floc=0)
        assert fit.mean == pytest.approx(np.log(scale), rel=1e-6)
        assert fit.sd == pytest.approx(shape, rel=1e-6)
        expected = stats.norm.logpdf(logs, fit.mean, fit.sd).sum()
        assert fit.log_likelihood == pytest.approx(expected)

    def test_the_ks_distance_is_that_of_scipy_with_ties_too(self):
        for logs in (draw(300), np.log(np.round(np.exp(draw(300, 2)) + 1))):
            fit = lognormal.fit_log_normal(logs)
            expected = stats.kstest(logs, "norm", args=(fit.mean, fit.sd)).statistic
            assert lognormal.ks_distance(logs, fit) == pytest.approx(expected)

    def test_known_parameters_are_found_within_three_errors(self):
        table = sizes.measure_sizes(make_synapses(np.exp(draw(20_000))), [], 1, 0)
        found = table[table["part"] == "log_normal"].set_index("quantity")
        for name, truth in (("mu", -2.0), ("sigma", 0.7)):
            row = found.loc[name]
            assert abs(row["value"] - truth) < 3 * row["error"]
            assert row["error"] < 0.01
        assert found.loc["ks_distance", "value"] < 0.01

    def test_errors_are_the_spread_over_samples(self):
        fits = [lognormal.fit_log_normal(draw(400, seed=seed)) for seed in range(400)]
        assert np.std([f.mean for f in fits]) == pytest.approx(0.7 / 20, rel=0.15)
        spread = 0.7 / np.sqrt(800)
        assert np.std([f.sd for f in fits]) == pytest.approx(spread, rel=0.15)

    def test_a_mixture_is_found_again(self):
        logs = np.concatenate([draw(3000, -3, 0.3), draw(7000, -1, 0.5, 1)])
        mixture = lognormal.fit_mixture(logs)
        np.testing.assert_allclose(mixture.share, [0.3, 0.7], atol=0.02)
        np.testing.assert_allclose(mixture.mean, [-3, -1], atol=0.04)
        np.testing.assert_allclose(mixture.sd, [0.3, 0.5], atol=0.03)
        density = 0.3 * stats.norm.pdf(logs, -3, 0.3) + 0.7 * stats.norm.pdf(
            logs, -1, 0.5
        )
        assert mixture.log_likelihood >= np.log(density).sum()

    def test_bic_speaks_for_what_the_sizes_were_drawn_from(self):
        two = np.concatenate([draw(500, -3, 0.3), draw(500, -1, 0.5, 1)])
        for seed in range(5):
            assert bic_gain(draw(1000, seed=seed)) < 0
        assert bic_gain(two) > 100

    def test_a_mixture_of_one_repeated_size_and_others_is_finite(self):
        mixture = lognormal.fit_mixture(np.append(np.zeros(50), draw(50)))
        assert np.isfinite(mixture.log_likelihood)
        assert (mixture.sd > 0).all()

    @pytest.mark.parametrize("logs", [np.zeros(0), np.zeros(2), np.full(50, -1.0)])
    def test_too_few_or_equal_sizes_have_no_fit(self, logs):
        assert lognormal.fit_log_normal(logs) is None
        assert lognormal.fit_mixture(logs) is None

    @given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30))
    def test_gini_is_half_of_the_relative_mean_difference(self, values):
        values = np.array(values)
        difference = np.abs(values[:, None] - values).mean()
        expected = difference / values.mean() / 2
        assert lognormal.gini(values) == pytest.approx(expected, abs=1e-9)


def bic_gain(logs):
    rows = list(sizes.measure_distribution(np.exp(logs), "µm²"))
    (row,) = (row for row in rows if row["quantity"] == "bic_gain")
    return row["value"]


def make_synapses(areas, pre=None, post=None, **further):
    count = len(areas)
    pre = np.arange(count) if pre is None else pre
    post = np.arange(count) if post is None else post
    table = pd.DataFrame({"pre": pre, "post": post, "area_um2": areas, **further})
    return table.astype({"pre": "u8", "post": "u8"})


def shares(one, other):
    """Which relation two synapses have."""
    same = tuple(one[end] == other[end] for end in ("pre", "post"))
    names = {
        (True, True): "same_pair",
        (True, False): "same_pre",
        (False, True): "same_post",
        (False, False): "unrelated",
    }
    return names[same]


synapses_of_few_cells = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(-3, 3)),
    min_size=2,
    max_size=14,
)


class TestPairs:
    @given(synapses_of_few_cells)
    def test_correlations_are_those_of_listed_pairs(self, rows):
        table = pd.DataFrame(rows, columns=["pre", "post", "value"])
        listed = {name: [] for name in pairs.RELATIONS}
        for one, other in itertools.permutations(table.to_dict("records"), 2):
            listed[shares(one, other)].append((one["value"], other["value"]))
        cells = pairs.number_cells(table)
        for relation, both in listed.items():
            found, count = pairs.correlate(table["value"].to_numpy(), cells, relation)
            assert count == len(both) // 2
            first, second = np.array(both).reshape(-1, 2).T
            if len(both) == 0 or first.var() < 1e-6:
                continue
            expected = np.corrcoef(first, second)[0, 1]
            assert found == pytest.approx(expected, abs=1e-6)

    def test_pairs_are_counted_by_their_synapses(self):
        table = make_synapses(np.ones(6), [1, 1, 1, 2, 2, 2**63], [5, 5, 6, 5, 5, 5])
        assert pairs.count_pairs(pairs.number_cells(table)).tolist() == [0, 2, 2]

    def test_the_reverse_direction_is_another_pair(self):
        table = make_synapses(np.ones(2), [1, 2], [2, 1])
        assert pairs.count_pairs(pairs.number_cells(table)).tolist() == [0, 2]

    def test_shuffled_partners_meet_as_often_as_chance_says(self):
        """Two axons with two synapses each on two dendrites with two each.

        Of the six ways to deal the dendrites out, two give one pair per axon.
        """
        table = make_synapses(np.ones(4), [1, 1, 2, 2], [5, 6, 5, 6])
        cells = pairs.number_cells(table)
        counts = pairs.shuffle_partners(cells, 3000, np.random.default_rng(0))
        assert (counts @ np.arange(counts.shape[1]) == 4).all()
        assert set(map(tuple, counts)) == {(0, 4, 0), (0, 0, 2)}
        assert counts[:, 2].mean() == pytest.approx(2 / 3, abs=0.06)

    def test_values_stay_in_their_groups(self):
        groups = np.random.default_rng(0).integers(0, 5, 200)
        values = groups * 100.0 + np.arange(200) / 10
        rng = np.random.default_rng(1)
        shuffled = pairs.shuffle_within(values, groups, rng)
        assert (shuffled // 100 == groups).all()
        assert (shuffled != values).mean() > 0.8
        assert sorted(shuffled) == sorted(values)

    def test_p_counts_the_value_itself(self):
        beside = pairs.compare_shuffled(2.0, np.array([0.0, 1.0, 2.0, np.nan]))
        assert beside["p"] == 0.5
        assert beside["expected"] == 1
        assert pairs.compare_shuffled(np.nan, np.ones(3)) == {}


def plant(likeness_of_pairs, likeness_of_axons, seed=0, count=400):
    """Synapses of pairs of two, on axons of three such pairs, with planted likeness."""
    rng = np.random.default_rng(seed)
    pair = np.repeat(np.arange(count), 2)
    axon = pair // 3
    shared = likeness_of_pairs, likeness_of_axons
    parts = (rng.normal(size=count)[pair], rng.normal(size=count)[axon])
    logs = sum(np.sqrt(s) * part for s, part in zip(shared, parts))
    logs += np.sqrt(1 - sum(shared)) * rng.normal(size=2 * count)
    return make_synapses(np.exp(logs), axon, pair)


def correlations(table, seed=3):
    found = sizes.measure_sizes(table, [], 200, seed)
    return found[found["part"] == "correlation"].set_index("quantity")


def p_of_pairs(table, seed):
    """As `measure_sizes` finds it for pairs alone."""
    cells, logs = pairs.number_cells(table), np.log(table["area_um2"].to_numpy())
    question, rng = sizes.QUESTIONS["same_pair"], np.random.default_rng(seed)
    shuffled = pairs.shuffle_correlation(logs, cells, question, 200, rng)
    found, _ = pairs.correlate(logs, cells, question[0])
    return pairs.compare_shuffled(found, shuffled)["p"]


class TestLikeness:
    def test_likeness_of_pairs_is_found(self):
        found = correlations(plant(0.5, 0.0))
        assert found.loc["same_pair", "value"] == pytest.approx(0.5, abs=0.1)
        assert found.loc["same_pair", "count"] == 400
        for name in ("same_pair", "same_pair_within_pre"):
            assert found.loc[name, "p"] == pytest.approx(1 / 201)
        assert abs(found.loc["same_pre", "value"]) < 0.1
        assert found.loc["same_pre", "p"] > 0.02

    def test_likeness_of_axons_is_not_taken_for_that_of_pairs(self):
        found = correlations(plant(0.0, 0.5))
        assert found.loc["same_pair", "p"] < 0.01
        assert found.loc["same_pre", "value"] == pytest.approx(0.5, abs=0.12)
        assert found.loc["same_pair_within_pre", "p"] > 0.02

    def test_without_likeness_small_p_are_rare(self):
        p = [p_of_pairs(plant(0.0, 0.0, seed, 60), seed) for seed in range(60)]
        assert np.mean(np.array(p) < 0.1) < 0.25
        assert stats.kstest(p, "uniform").pvalue > 0.001

    def test_larger_synapses_of_pairs_of_several_are_no_likeness(self):
        rng = np.random.default_rng(0)
        pair = np.append(np.repeat(np.arange(200), 2), np.arange(200, 600))
        logs = rng.normal(size=800) + np.where(np.arange(800) < 400, 2.0, 0.0)
        found = correlations(make_synapses(np.exp(logs), pair, pair))
        assert abs(found.loc["same_pair", "value"]) < 0.12
        assert found.loc["same_pair", "p"] > 0.02

    def test_the_seed_decides_and_the_order_of_rows_hardly(self):
        table = plant(0.2, 0.2)
        one, same, other = (correlations(table, seed) for seed in (3, 3, 4))
        pd.testing.assert_frame_equal(one, same)
        assert not one["expected"].equals(other["expected"])
        assert one["value"].equals(other["value"])


class TestMeasureSizes:
    def test_the_table_has_its_schema_and_signs_are_measured_apart(self):
        table = plant(0.3, 0.0)
        table["sign"] = np.where(table["pre"] % 2 == 0, 1, -1)
        table["vesicles"] = table["area_um2"] * 10
        table.loc[3, "vesicles"] = np.nan
        found = sizes.measure_sizes(table, ["vesicles"], **SETTINGS)
        as_table(found, SIZE_STATISTICS)
        keys = [*SIZE_STATISTICS.keys]
        assert not found.duplicated(keys).any()
        assert set(found["group"]) == {"all", "excitatory", "inhibitory"}
        counts = found[found["quantity"] == "synapses"].set_index("group")["value"]
        assert counts["all"] == counts["excitatory"] + counts["inhibitory"] == 800
        row = found[found["quantity"] == "correlation_vesicles_size"].iloc[0]
        assert (row["value"], row["count"]) == (pytest.approx(1), 799)

    def test_pairs_and_partners_are_counted(self):
        table = make_synapses(np.full(5, 0.1), [1, 1, 1, 2, 3], [7, 7, 8, 8, 8])
        found = sizes.measure_sizes(table, [], **SETTINGS)
        value = found.set_index(["part", "quantity"])["value"]
        assert value["counts", "pairs"] == 4
        assert value["counts", "post_cells_per_pre_cell"] == pytest.approx(4 / 3)
        assert value["counts", "pre_cells_per_post_cell"] == 2
        assert value["counts", "synapses_per_pair"] == 1.25
        assert value["pairs", "pairs_of_several"] == 1
        levels = found[(found["part"] == "pairs") & found["level"].notna()]
        by_level = dict(zip(levels["level"], levels["value"]))
        assert by_level[1] == 3
        assert by_level[2] == 1

    def test_unknown_and_zero_sizes_are_in_counts_of_pairs_alone(self):
        areas = np.append(np.exp(draw(50)), [0, np.nan])
        found = sizes.measure_sizes(make_synapses(areas), [], **SETTINGS)
        value = found.set_index("quantity")["value"]
        assert value["synapses"] == 52
        assert value["synapses_of_known_size"] == 50
        assert value["mean"] == pytest.approx(areas[:50].mean())

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_few_synapses_and_none_have_few_statistics(self, count):
        found = sizes.measure_sizes(make_synapses(np.full(count, 0.1)), [], **SETTINGS)
        as_table(found, SIZE_STATISTICS)
        assert found.set_index("quantity").loc["synapses", "value"] == count
        assert "log_normal" not in set(found["part"])
        json.dumps(sizes.nest_statistics(found), allow_nan=False)

    def test_without_sizes_pairs_are_counted(self):
        table = make_synapses(np.ones(4), [1, 1, 2, 3], [4, 4, 4, 5])
        found = sizes.measure_sizes(table.drop(columns="area_um2"), [], **SETTINGS)
        assert set(found["part"]) == {"counts", "pairs"}

    def test_synapses_are_those_of_edges(self):
        rng = np.random.default_rng(0)
        table = make_synapses(
            rng.lognormal(size=300),
            rng.integers(0, 9, 300),
            rng.integers(0, 9, 300),
            p_synaptic=rng.random(300),
            p_direction=rng.uniform(0.5, 1, 300),
            method=np.where(np.arange(300) % 5 == 0, "none", "vc"),
            sign=0,
            synapse=np.arange(300),
        )
        edges = gather_edges(table, 0.5, 0.7)
        chosen = sizes.select_synapses(table, 0.5, 0.7)
        expected = np.bincount(edges["synapse_count"])
        found = pairs.count_pairs(pairs.number_cells(chosen))
        np.testing.assert_array_equal(found, expected)

    def test_json_nests_what_is_known(self, tmp_path):
        found = sizes.measure_sizes(plant(0.3, 0.0), [], **SETTINGS)
        path = tmp_path / "sizes.json"
        sizes.write_statistics(path, found)
        nested = json.loads(path.read_text())["all"]
        assert nested["log_normal"]["mu"]["unit"] == "ln(µm²)"
        assert [row["level"] for row in nested["distribution"]["percentile"]] == [
            *sizes.PERCENTILES
        ]
        assert "p" not in nested["counts"]["synapses"]
        assert nested["correlation"]["same_pair"]["p"] > 0
        assert {row["level"] for row in nested["pairs"]["pairs"]} >= {1, 2}
