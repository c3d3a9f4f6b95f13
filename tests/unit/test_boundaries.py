"""Borders of cells: as a plain look at every pair of voxels finds them."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_components import SHAPE, make_truth
from test_segmentations import SIZE_NM, as_volume

from neuropil.blocks import map_blocks
from neuropil.evaluation.boundaries import (
    Sides,
    extract_boundaries,
    find_border,
    score_boundaries,
)
from neuropil.grid import Box, tile
from neuropil.schemas.evaluation import BOUNDARIES
from neuropil.storage import as_table


def own_cells(labels):
    names = np.unique(labels[labels > 0])
    return pd.DataFrame({"supervoxel": names, "cell": names})


def count(truth, labels, tolerance, membership=None, chunk=SHAPE, block=SHAPE):
    if membership is None:
        membership = own_cells(labels)
    sides = Sides(as_volume(truth), as_volume(labels), membership)
    return [
        extract_boundaries(
            sides,
            tolerance,
            partial(map_blocks, box=core, block_shape=block, threads=1),
        )
        for core in tile(Box.of(truth.shape), chunk)
    ]


def plain_border(labels):
    places = []
    for place in np.argwhere(labels > 0):
        for axis in range(3):
            for step in (-1, 1):
                other = place.copy()
                other[axis] += step
                if 0 <= other[axis] < labels.shape[axis]:
                    differs = labels[tuple(other)] != labels[tuple(place)]
                    places += [tuple(place)] if differs else []
    return np.array(sorted(set(places)))


def plain_counts(truth, labels, tolerance):
    true, own = plain_border(truth), plain_border(labels)
    ends = (p * np.array(SIZE_NM) for p in (own, true))
    own_nm, true_nm = ends
    away = np.linalg.norm(own_nm[:, None] - true_nm[None], axis=2)
    right, found = (away.min(axis=k) <= tolerance for k in (1, 0))
    known = truth[tuple(own.T)] > 0
    return [(known | right).sum(), right.sum(), len(true), found.sum()]


@pytest.mark.parametrize("tolerance", [0, 10, 25, 40])
def test_borders_are_those_of_every_pair_of_voxels(tolerance):
    truth, labels = make_truth(0), make_truth(1, 7)
    (found,) = count(truth, labels, tolerance)
    assert found.iloc[0].tolist() == plain_counts(truth, labels, tolerance)
    as_table(found, BOUNDARIES)


@settings(max_examples=15)
@given(
    chunk=st.tuples(*(st.integers(3, n) for n in SHAPE)),
    block=st.tuples(*(st.integers(2, n) for n in SHAPE)),
    tolerance=st.sampled_from([0, 14.2, 41]),
)
def test_any_chunks_and_blocks_count_the_same(chunk, block, tolerance):
    truth, labels = make_truth(2), make_truth(3)
    (whole,) = count(truth, labels, tolerance)
    parts = pd.concat(count(truth, labels, tolerance, None, chunk, block))
    assert parts.sum().tolist() == whole.iloc[0].tolist()


def test_supervoxels_of_one_cell_have_no_border_between_them():
    labels = make_truth(1, 7)
    membership = own_cells(labels)
    membership["cell"] = membership["cell"].iloc[0]
    (joined,) = count(labels, labels, 0, membership)
    assert 0 < joined["predicted_count"][0] < joined["truth_count"][0]
    membership["cell"] = 0
    (none,) = count(labels, labels, 0, membership)
    assert none["predicted_count"][0] == none["truth_found"][0] == 0


def test_the_end_of_the_volume_is_no_border():
    assert not find_border(np.full((3, 4, 5), 7, "u8")).any()


def test_what_is_unknown_is_neither_right_nor_wrong():
    truth = np.zeros((1, 1, 40), "u8")
    truth[..., :10] = 1
    labels = np.ones(truth.shape, "u8")
    labels[..., 11:30], labels[..., 30:] = 2, 3
    counts = count(truth, labels, 10)
    # At x = 10 and 11, and at 29 and 30; the true border voxel is at 9.
    assert counts[0].iloc[0].tolist() == [1, 1, 1, 1]
    scores = score_boundaries(counts, 10)
    assert scores == {
        "boundary_nm": 10,
        "boundary_precision": 1,
        "boundary_recall": 1,
        "boundary_f1": 1,
    }


def test_scores_are_of_the_sums_of_all_chunks():
    rows = [[6, 3, 8, 2], [4, 1, 2, 0]]
    chunks = [pd.DataFrame([row], columns=BOUNDARIES.columns) for row in rows]
    scores = score_boundaries(chunks, 40)
    assert scores["boundary_precision"] == 0.4
    assert scores["boundary_recall"] == 0.2
    assert scores["boundary_f1"] == pytest.approx(2 * 0.4 * 0.2 / 0.6)
    empty = pd.DataFrame([[0] * 4], columns=BOUNDARIES.columns)
    assert score_boundaries([empty], 40)["boundary_f1"] == 1
    missed = pd.DataFrame([[0, 0, 5, 0]], columns=BOUNDARIES.columns)
    assert score_boundaries([missed], 40)["boundary_f1"] == 0
