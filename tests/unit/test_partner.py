"""Partners of boundary voxels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import contact_oracle as oracle
from neuropil.kernels.dense import OUTSIDE, number_sorted
from neuropil.kernels.partner import pair_boundaries

HIGH = 2**63 + 11


def find_pairs(volume, radius):
    """Pairs of ids of a whole volume; what lies outside is marked so."""
    padded = np.pad(volume, [(r, r) for r in radius], constant_values=77)
    stop = tuple(r + n for r, n in zip(radius, volume.shape))
    numbers, ids = number_sorted(padded, radius, stop)
    pairs = pair_boundaries(numbers, radius, len(ids) - 1)
    return ids[pairs >> np.uint64(32)], ids[pairs & np.uint64(0xFFFFFFFF)]


def expected(volume, radius):
    partner = oracle.pair_boundaries(volume, radius)
    low, high = np.minimum(volume, partner), np.maximum(volume, partner)
    return np.where(partner, low, 0), np.where(partner, high, 0)


def check(volume, radius):
    before = volume.copy()
    found = find_pairs(volume, radius)
    np.testing.assert_array_equal(found, expected(volume, radius))
    np.testing.assert_array_equal(volume, before)


shapes = st.tuples(*[st.integers(1, 7)] * 3)
radii = st.tuples(*[st.integers(1, 3)] * 3)


@given(arrays("u8", shapes, elements=st.integers(0, 4)), radii)
def test_noise_equals_the_definition(volume, radius):
    check(np.where(volume, volume + np.uint64(HIGH), np.uint64(0)), radius)


@pytest.mark.parametrize("radius", [(3, 6, 6), (1, 2, 3), (2, 9, 17), (1, 1, 40)])
def test_blobs_across_tiles_equal_the_definition(radius):
    rng = np.random.default_rng(0)
    seeds = rng.integers(0, 9, (10, 12, 22)).astype(np.uint64)
    check(np.kron(seeds, np.ones((4, 4, 4), np.uint64)), radius)


def test_of_equal_counts_the_smallest_id_wins():
    volume = np.zeros((3, 3, 5), np.uint64)
    volume[:, :, 0], volume[:, :, 2], volume[:, :, 4] = 9, 5, 7
    low, high = find_pairs(volume, (1, 1, 2))
    assert (low[1, 1, 2], high[1, 1, 2]) == (5, 7)


def test_background_makes_a_boundary_and_the_volumes_border_does_not():
    volume = np.full((5, 5, 9), 3, np.uint64)
    volume[:, :, 6] = 0
    volume[:, :, 7:] = HIGH
    low, high = find_pairs(volume, (1, 1, 3))
    at = low[2, 2] != 0
    assert at.tolist() == [False] * 5 + [True, False, True, False]
    assert set(high[high != 0].tolist()) == {HIGH}
    assert not low[:, :, 0].any()


@pytest.mark.parametrize("value", [0, 1, HIGH])
def test_one_id_or_none_has_no_pairs(value):
    assert not find_pairs(np.full((3, 4, 5), value, np.uint64), (1, 2, 2))[1].any()
    assert not find_pairs(np.full((1, 1, 1), value, np.uint64), (1, 2, 2))[1].any()


def test_windows_that_16_bits_cannot_count_are_refused():
    with pytest.raises(ValueError, match="window"):
        pair_boundaries(np.zeros((100, 100, 100), np.uint32), (20, 20, 20), 1)


def test_numbers_are_sorted_and_mark_what_is_outside():
    labels = np.array([[[7, HIGH, 0, 2**40, 7]]], np.uint64)
    numbers, ids = number_sorted(labels, (0, 0, 0), (1, 1, 4))
    assert numbers.tolist() == [[[1, 3, 0, 2, int(OUTSIDE)]]]
    assert ids.tolist() == [0, 7, 2**40, HIGH]


def test_numbering_grows_with_the_number_of_ids():
    labels = np.random.default_rng(1).permutation(60_000).astype(np.uint64) * 977 + HIGH
    numbers, ids = number_sorted(labels.reshape(10, 20, 300), (0, 0, 0), (10, 20, 300))
    np.testing.assert_array_equal(ids[numbers].ravel(), labels)
    assert (ids[1:] > ids[:-1]).all()
