import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from neuropil.connectome import (
    compare_thresholds,
    direct_synapses,
    expect_edges,
    gather_edges,
)
from neuropil.schemas.connectome import (
    EDGES,
    EXPECTED_EDGES,
    SYNAPSES,
    THRESHOLDS,
    synapse_schema,
)
from neuropil.schemas.synapses import CANDIDATES, CROSSINGS, DIRECTION
from neuropil.storage import as_table
from neuropil.surface import crofton_area

SIZE = (25.0, 10.0, 10.0)
HUGE = 2**63


def candidates(*cells, **columns):
    """Candidates between pairs of cells, all columns of the schema."""
    count = len(cells)
    numbers = {f.name: np.zeros(count, f.dtype) for f in CANDIDATES.fields}
    table = pd.DataFrame(numbers).assign(synapse=np.arange(1, count + 1, dtype="u8"))
    table["cell_a"], table["cell_b"] = np.array(cells, "u8").reshape(-1, 2).T
    table["supervoxel_a"], table["supervoxel_b"] = table["cell_a"], table["cell_b"]
    table[list(CROSSINGS)] = 10_000
    return table.assign(**({"voxel_count": 100} | columns))


def directions(candidates, p_first, p_synaptic=0.9):
    return pd.DataFrame(
        {
            "synapse": candidates["synapse"],
            "p_first_is_pre": p_first,
            "p_synaptic": p_synaptic,
            "p_excitatory": np.nan,
            "method": "vc",
        }
    )


def distances(candidates, organelle="vc", a=100.0, b=900.0):
    parts = [
        pd.DataFrame(
            {
                "synapse": candidates["synapse"],
                "organelle": organelle,
                "radius_nm": radius,
                "nearest_a_nm": a,
                "nearest_b_nm": b,
            }
        )
        for radius in (300.0, 900.0)
    ]
    return pd.concat(parts)


def test_pre_and_post_follow_the_probability_with_all_that_belongs_to_them():
    table = candidates((5, HUGE + 1), (5, HUGE + 1), z_vx=2, sym_count=25)
    judged = directions(table, [0.9, 0.2])
    out = direct_synapses(table, distances(table), judged, SIZE, ["vc"], 0.6)
    assert out["pre"].tolist() == [5, HUGE + 1]
    assert out["post"].tolist() == out["supervoxel_post"].tolist() == [HUGE + 1, 5]
    assert out["p_direction"].tolist() == [0.9, 0.8]
    assert out["vc_pre_nm"].tolist() == [100, 900]
    assert out["vc_post_nm"].tolist() == [900, 100]
    assert out["z_nm"].tolist() == [62.5, 62.5]
    assert out["sym_fraction"].tolist() == [0.25, 0.25]
    as_table(out, synapse_schema(["vc"]))


def test_even_odds_keep_the_order_of_the_ids():
    table = candidates((5, 9))
    out = direct_synapses(
        table, distances(table), directions(table, 0.5), SIZE, ["vc"], 0.6
    )
    assert out[["pre", "post", "p_direction"]].to_numpy().tolist() == [[5, 9, 0.5]]


def test_area_is_that_of_the_side_that_shows_more():
    table = candidates((5, 9))
    table["crossings_b_z"] = 30_000
    out = direct_synapses(
        table, distances(table), directions(table, 0.9), SIZE, [], 0.6
    )
    sides = [np.full(7, 10_000), np.array([30_000] + [10_000] * 6)]
    assert out["area_um2"][0] == pytest.approx(crofton_area(sides, SIZE).max())


def test_a_plane_of_known_area():
    """Crossings of a plane across z: the voxel faces, and their oblique lines."""
    table = candidates((5, 9))
    table[list(CROSSINGS)] = 0
    for side in "ab":
        faces = dict(zip(("z", "zy", "zx", "zyx"), (400, 800, 800, 1600)))
        for direction, count in faces.items():
            table[f"crossings_{side}_{direction}"] = count
    out = direct_synapses(
        table, distances(table), directions(table, 0.9), SIZE, [], 0.6
    )
    assert out["area_um2"][0] == pytest.approx(400 * 100e-6, rel=0.08)


def test_nothing_is_dropped_from_synapses_and_edges_say_what_they_use(caplog):
    caplog.set_level("INFO")
    table = candidates((5, 9), (5, 9), (5, 9), (9, 11))
    judged = directions(table, [0.9, 0.9, 0.1, 0.7], [0.9, 0.2, 0.5, 0.8])
    out = direct_synapses(table, distances(table), judged, SIZE, ["vc"], 0.6)
    assert len(out) == 4
    edges = gather_edges(out, 0.5, 0.5)
    assert edges[["pre", "post", "synapse_count"]].to_numpy().tolist() == [
        [5, 9, 1],
        [9, 5, 1],
        [9, 11, 1],
    ]
    assert (
        "4 candidates, 3 synapses (p_synaptic >= 0.5), 3 of them in edges"
        in caplog.text
    )
    assert edges["p_synaptic"].tolist() == [0.9, 0.5, 0.8]
    as_table(edges, EDGES)


def test_synapses_of_open_direction_make_no_edge_unless_no_direction_is_known():
    table = candidates((5, 9), (5, 9), (6, 9))
    judged = directions(table, [0.9, 0.45, 0.5])
    out = direct_synapses(table, distances(table), judged, SIZE, [], 0.6)
    assert gather_edges(out, 0.5, 0.6)["synapse_count"].tolist() == [1]
    blind = out.assign(method="none", p_direction=0.5)
    assert gather_edges(blind, 0.5, 0.6)["synapse_count"].sum() == 3


def test_the_sign_of_an_edge_is_that_of_the_larger_area():
    table = candidates(*[(5, 9)] * 3, *[(6, 9)] * 2, (7, 9))
    table["sign"] = np.array([-1, 1, 1, 1, 0, 0], np.int8)
    for name in CROSSINGS:
        table[name] = [3000, 1000, 1000, 10, 5000, 1]
    out = direct_synapses(
        table, distances(table), directions(table, 0.9), SIZE, [], 0.6
    )
    edges = gather_edges(out, 0.5, 0.5)
    assert edges["sign"].tolist() == [-1, 1, 0]
    assert edges["area_um2"][0] == pytest.approx(out["area_um2"][:3].sum())


def test_no_candidates_give_empty_tables():
    table = candidates()
    features = distances(table).iloc[:0]
    judged = directions(table, 0.5)
    as_table(judged, DIRECTION)
    out = direct_synapses(table, features, judged, SIZE, ["mi", "vc"], 0.6)
    assert len(as_table(out, SYNAPSES)) == 0
    assert len(as_table(gather_edges(out, 0.5, 0.5), EDGES)) == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-1, 1)), max_size=12
    ),
    st.integers(0, 2**32),
)
def test_edges_add_up_to_the_synapses_whatever_their_order(rows, seed):
    rng = np.random.default_rng(seed)
    ids = np.array([1, 2**53 + 1, HUGE, 2**64 - 1], "u8")
    pairs = [sorted((int(ids[a]), int(ids[b]))) for a, b, _ in rows]
    table = candidates(*pairs)
    table["sign"] = np.array([s for *_, s in rows], np.int8)
    judged = directions(table, rng.random(len(rows)), rng.random(len(rows)))
    out = direct_synapses(table, distances(table), judged, SIZE, ["vc"], 0.6)
    edges = gather_edges(out, 0.4, 0.5)
    kept = out[out["p_synaptic"] >= 0.4]
    assert edges["synapse_count"].sum() == len(kept)
    assert edges["area_um2"].sum() == pytest.approx(kept["area_um2"].sum())
    for row in edges.itertuples():
        part = kept[(kept["pre"] == row.pre) & (kept["post"] == row.post)]
        assert len(part) == row.synapse_count
    shuffled = table.sample(frac=1, random_state=seed % 2**31)
    again = direct_synapses(shuffled, distances(table), judged, SIZE, ["vc"], 0.6)
    one, other = (as_table(t, synapse_schema(["vc"])).to_pandas() for t in (out, again))
    assert_frame_equal(one, other)


def test_a_classifier_calls_signs_where_it_is_sure():
    table = candidates(*[(5, 9)] * 5, sign=-1)
    judged = directions(table, 0.9).assign(p_excitatory=[0.9, 0.1, 0.55, 0.45, np.nan])
    out = direct_synapses(table, distances(table), judged, SIZE, [], 0.6)
    assert out["sign"].tolist() == [1, -1, 0, 0, -1]


def judge(*rows):
    """Synapses of the connectome: pre, post, p_synaptic, p_direction."""
    table = pd.DataFrame(rows, columns=["pre", "post", "p_synaptic", "p_direction"])
    return table.astype({"pre": "u8", "post": "u8"}).assign(
        synapse=np.arange(1, len(rows) + 1, dtype="u8"),
        method="vc",
        area_um2=0.5,
        sign=np.int8(1),
    )


def test_edges_expect_what_all_outcomes_of_their_candidates_say():
    rows = [(5, 9, 0.9, 0.8), (5, 9, 0.5, 1.0), (9, 5, 0.7, 0.6), (5, 7, 0.2, 0.9)]
    table = expect_edges(judge(*rows))
    as_table(table, EXPECTED_EDGES)
    there = [0.9 * 0.8, 0.5, 0.7 * 0.4]  # candidates that may run from 5 to 9
    outcomes = np.array(list(itertools.product([0, 1], repeat=3)))
    weight = np.prod(np.where(outcomes, there, 1 - np.array(there)), axis=1)
    number = outcomes.sum(axis=1)
    mean = weight @ number
    edge = table[(table["pre"] == 5) & (table["post"] == 9)].iloc[0]
    assert edge["candidate_count"] == 3
    assert edge["expected_count"] == pytest.approx(mean)
    assert edge["variance"] == pytest.approx(weight @ (number - mean) ** 2)
    assert edge["p_any"] == pytest.approx(weight[number > 0].sum())
    assert edge["expected_area_um2"] == pytest.approx(0.5 * mean)
    assert len(table) == 4
    total = table["expected_count"].sum()
    assert total == pytest.approx(sum(p for _, _, p, _ in rows))


def test_a_certain_synapse_makes_its_edge_certain():
    edge = expect_edges(judge((5, 9, 1.0, 1.0))).set_index("pre")
    assert edge.loc[5, ["p_any", "variance"]].tolist() == [1, 0]
    assert edge.loc[9, ["p_any", "expected_count"]].tolist() == [0, 0]


def test_edges_carry_what_is_expected_of_candidates_below_the_threshold_too():
    edges = gather_edges(judge((5, 9, 0.9, 0.8), (5, 9, 0.3, 1.0)), 0.5, 0.6)
    assert edges["synapse_count"].tolist() == [1]
    assert edges["expected_count"].tolist() == pytest.approx([0.72 + 0.3])
    as_table(edges, EDGES)


def test_higher_thresholds_leave_less_and_surer_synapses():
    rows = [(5, 9, 0.9, 1.0), (5, 9, 0.6, 0.9), (7, 9, 0.2, 1.0), (8, 9, 0.9, 0.5)]
    table = compare_thresholds(judge(*rows), [0.0, 0.5, 0.95], 0.6)
    as_table(table, THRESHOLDS)
    assert table["synapse_count"].tolist() == [3, 2, 0]
    assert table["edge_count"].tolist() == [2, 1, 0]
    expected = [(0.9 + 0.54 + 0.2) / 3, (0.9 + 0.54) / 2]
    assert table["expected_precision"][:2].tolist() == pytest.approx(expected)
    recall = [(0.9 + 0.54 + 0.2) / 2.6, (0.9 + 0.54) / 2.6, 0]
    assert table["expected_recall"].tolist() == pytest.approx(recall)
    assert np.isnan(table["expected_precision"][2])


def test_no_candidates_expect_nothing():
    none = judge((5, 9, 0.9, 0.9))[:0]
    assert len(as_table(expect_edges(none), EXPECTED_EDGES)) == 0
    assert compare_thresholds(none, [0.5], 0.6)["synapse_count"].tolist() == [0]
    never = compare_thresholds(judge((5, 9, 0.0, 0.9)), [0.5], 0.6)
    assert never["expected_recall"].isna().all()
