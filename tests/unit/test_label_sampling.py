"""Which candidates are drawn to be labelled, and what the truth says of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation_tables import make_mapping, make_synapses
from neuropil.evaluation.labels import label_candidates
from neuropil.schemas.labels import LABELS
from neuropil.storage import as_table
from neuropil.synapses.sampling import find_strata, make_keys, sample_candidates

STRATA = {"sizes": 3, "p_synaptic": [0.1, 0.5, 0.9]}


def make_candidates(count=400, seed=0):
    """Candidates of which most are small and unlikely, as in real tissue."""
    rng = np.random.default_rng(seed)
    voxels = rng.permutation(50**3)[:count]
    places = np.stack(np.unravel_index(voxels, (50, 50, 50)), axis=1)
    table = pd.DataFrame(places, columns=["z_vx", "y_vx", "x_vx"])
    table["synapse"] = np.arange(1, count + 1, dtype=np.uint64)
    table["voxel_count"] = rng.integers(100, 3000, count)
    table["p_synaptic"] = rng.beta(0.3, 0.8, count)
    cells = rng.integers(1, 2**60, (count, 2), np.uint64)
    table["cell_a"], table["cell_b"] = np.sort(cells, axis=1).T
    return table


def draw(table, count=60, seed=1):
    return sample_candidates(table, {"count": count, "seed": seed, "strata": STRATA})


@given(st.integers(0, 50), st.integers(12, 90))
def test_every_stratum_is_drawn_as_often_as_it_can_be(seed, count):
    table = make_candidates(300, seed)
    table["stratum"] = find_strata(table, STRATA["sizes"], STRATA["p_synaptic"])
    there = table["stratum"].value_counts().sort_index()
    drawn = draw(table.drop(columns="stratum"), count)["stratum"].value_counts()
    drawn = drawn.reindex(there.index, fill_value=0)
    assert drawn.sum() == count
    assert (drawn > 0).all()
    most = drawn.max()
    assert (drawn[there >= most] >= most - 1).all()
    assert (drawn[there < most] == there[there < most]).all()


def test_strata_are_by_size_and_probability():
    table = pd.DataFrame(
        {"voxel_count": [5, 1, 9, 9], "p_synaptic": [0.1, 0.95, 0.0, 0.5]}
    ).assign(synapse=[1, 2, 3, 4])
    assert find_strata(table, 2, [0.1, 0.5]).tolist() == [1, 2, 3, 5]
    assert find_strata(table, 1, []).tolist() == [0] * 4
    assert find_strata(table[:0], 2, [0.5]).tolist() == []


@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_the_order_of_rows_does_not_matter(random, seed):
    table = make_candidates(100)
    order = [*range(100)]
    random.shuffle(order)
    shuffled = table.iloc[order]
    pd.testing.assert_frame_equal(draw(table, 30, seed), draw(shuffled, 30, seed))


def test_the_seed_decides():
    table = make_candidates()
    first, again, other = (set(draw(table, seed=s)["synapse"]) for s in (1, 1, 2))
    assert first == again
    assert len(first & other) < 40


def test_a_larger_draw_holds_a_smaller_one():
    table = make_candidates()
    assert set(draw(table, 40)["synapse"]) < set(draw(table, 90)["synapse"])


def test_other_numbers_of_the_same_candidates_draw_the_same():
    table = make_candidates()
    renumbered = table.assign(synapse=table["synapse"] + np.uint64(7))
    assert (draw(table)["synapse"] + 7).tolist() == draw(renumbered)["synapse"].tolist()


def test_all_are_drawn_if_nothing_is_said_or_more_than_there_are():
    table = make_candidates(30)
    for count in (None, 30, 1000):
        sample = draw(table, count)
        assert sorted(sample["synapse"]) == [*range(1, 31)]
        assert sample["number"].tolist() == [*range(1, 31)]
    assert draw(table[:0]).empty


def test_numbers_tell_nothing_about_candidates():
    sample = draw(make_candidates(2000), 1000)
    for name in ("voxel_count", "p_synaptic", "stratum", "synapse"):
        assert abs(np.corrcoef(sample["number"], sample[name])[0, 1]) < 0.1


def test_keys_are_letters_that_tell_place_and_cells():
    table = make_candidates(1000)
    keys = make_keys(table)
    assert len(set(keys)) == 1000
    assert all(len(key) == 10 and key.isalpha() for key in keys)
    assert make_keys(table.assign(synapse=0, voxel_count=1)) == keys
    for name in ("z_vx", "x_vx", "cell_a", "cell_b"):
        other = make_keys(table.assign(**{name: table[name] + 1}))
        assert not set(other) & set(keys)


TRUTH = make_synapses([(1, 1, 2, 0, 1), (2, 3, 2, 1000, -1), (4, 1, 3, 3000, 1)])


def make_places(rows):
    """Candidates at x in voxels of 10 nm, between predicted cells 1?."""
    table = pd.DataFrame(rows, columns=["synapse", "cell_a", "cell_b", "x_vx"])
    return table.assign(z_vx=0, y_vx=0).astype(dict.fromkeys(table.columns[:3], "u8"))


def test_truth_labels_what_it_matches():
    mapping = make_mapping({11: 2, 12: 1, 13: 3})
    candidates = make_places(
        [
            (1, 11, 12, 3),  # true synapse 1, from cell 12
            (2, 11, 12, 10),  # farther from it
            (3, 11, 13, 100),  # true synapse 2, from cell 13
            (4, 12, 13, 104),  # near it, between other cells
            (5, 12, 13, 325),  # too far from true synapse 4
        ]
    )
    labels = label_candidates(TRUTH, candidates, mapping, (25.0, 10.0, 10.0))
    assert labels["is_synaptic"].tolist() == [True, False, True, False, False]
    assert labels["first_is_pre"].fillna(-1).tolist() == [0, -1, 0, -1, -1]
    assert labels["sign"].tolist() == [1, 0, -1, 0, 0]
    near = np.hypot([35, 5], np.hypot(12.5, 5))
    assert labels["distance_nm"][[0, 2]].tolist() == pytest.approx(near)
    as_table(labels, LABELS)


def test_truth_without_candidates_or_synapses():
    candidates = make_places([(1, 1, 2, 3)])
    mapping = make_mapping({1: 1, 2: 2})
    for truth, table in ((TRUTH, candidates[:0]), (TRUTH[:0], candidates)):
        labels = label_candidates(truth, table, mapping, (25.0, 10.0, 10.0))
        assert len(as_table(labels, LABELS)) == len(table)
        assert not labels["is_synaptic"].any()
