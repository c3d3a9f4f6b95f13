"""Closing and dilation of many numbers at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import contact_oracle as oracle
from neuropil.kernels.closing import close_sites

CROSS, PLANE, Z = (1, 1, 1), (0, 1, 1), (1, 0, 0)


def reach(steps):
    return np.array(steps, int).reshape(-1, 3).sum(axis=0)


def close(volume, closing, dilation):
    """Close a whole volume, around which there is nothing."""
    halo = 2 * reach(closing) + reach(dilation)
    padded = np.pad(volume, [(h, h) for h in halo])
    return close_sites(padded, int(volume.max(initial=0)), closing, dilation)


def check(volume, closing, dilation):
    before = volume.copy()
    found = close(volume, closing, dilation)
    np.testing.assert_array_equal(found, oracle.close_pairs(volume, closing, dilation))
    np.testing.assert_array_equal(volume, before)


steps = st.lists(
    st.tuples(*[st.integers(0, 1)] * 3).filter(any), min_size=0, max_size=3
)


@given(
    arrays("u4", st.tuples(*[st.integers(1, 8)] * 3), elements=st.integers(0, 3)),
    steps,
    steps,
)
def test_noise_equals_the_definition(volume, closing, dilation):
    check(volume, closing, dilation)


@pytest.mark.parametrize(
    ("closing", "dilation"),
    [
        ([CROSS] * 7, [CROSS] * 2),
        ([PLANE, CROSS, PLANE, CROSS], [PLANE] * 2),
        ([], [CROSS]),
        ([PLANE], [PLANE, Z, PLANE, CROSS]),
    ],
)
def test_sparse_volumes_across_tiles_equal_the_definition(closing, dilation):
    rng = np.random.default_rng(2)
    volume = rng.integers(1, 6, (10, 80, 150)).astype(np.uint32)
    volume[rng.random(volume.shape) < 0.995] = 0
    check(volume, closing, dilation)


def test_growth_beyond_a_word_equals_the_definition():
    volume = np.zeros((1, 2, 300), np.uint32)
    volume[0, [0, 0, 1, 0], [0, 79, 150, 299]] = 3
    check(volume, [(0, 0, 1)] * 40, [(0, 1, 0)])


def test_large_tiles_equal_the_definition():
    rng = np.random.default_rng(3)
    volume = np.zeros((70, 9, 300), np.uint32)
    volume[
        rng.integers(0, 70, 400), rng.integers(0, 9, 400), rng.integers(0, 300, 400)
    ] = rng.integers(1, 4, 400)
    check(volume, [CROSS] * 3, [CROSS])


def test_blocks_equal_the_whole():
    rng = np.random.default_rng(4)
    closing, dilation = [PLANE, CROSS, PLANE], [PLANE]
    volume = rng.integers(1, 9, (9, 40, 40)).astype(np.uint32)
    volume[rng.random(volume.shape) < 0.9] = 0
    whole = close(volume, closing, dilation)
    h = 2 * reach(closing) + reach(dilation)
    padded = np.pad(volume, [(n, n) for n in h])
    for y, x in ((0, 0), (0, 17), (23, 5)):
        block = padded[:, y : y + 17 + 2 * h[1], x : x + 13 + 2 * h[2]]
        found = close_sites(np.ascontiguousarray(block), 8, closing, dilation)
        np.testing.assert_array_equal(found, whole[:, y : y + 17, x : x + 13])


def test_a_gap_is_closed_and_the_smallest_number_wins_free_voxels():
    volume = np.zeros((1, 1, 9), np.uint32)
    volume[0, 0, [0, 4]] = 5
    volume[0, 0, [2, 6]] = 3
    found = close(volume, [(0, 0, 1)] * 2, [])
    assert found[0, 0].tolist() == [5, 5, 3, 3, 5, 3, 3, 0, 0]


def test_nothing_stays_nothing():
    assert not close(np.zeros((2, 3, 4), np.uint32), [CROSS], [CROSS]).any()
