"""Noise: its statistics, and that no box changes a voxel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropil.grid import Box, tile
from neuropil.phantom.noise import (
    cubic_spline,
    derive_seed,
    scatter,
    smooth_noise,
    uniform,
    white_noise,
)

SIZE = (25.0, 10.0, 10.0)
SEED = derive_seed(7, "test")


def correlation(noise, axis, lag):
    ahead = np.moveaxis(noise, axis, 0)
    return float((ahead[lag:] * ahead[:-lag]).mean() / (noise * noise).mean())


def test_white_noise_is_standard_normal_and_uncorrelated():
    noise = white_noise(Box.of((64, 64, 64), (-5, 3, 1_000_000)), SEED)
    assert noise.dtype == np.float32
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 1) < 0.01
    assert abs((noise**3).mean()) < 0.03
    for axis in range(3):
        assert abs(correlation(noise, axis, 1)) < 0.01


@pytest.mark.parametrize("sigma", [30.0, 60.0, (25.0, 40.0, 80.0)])
def test_smooth_noise_has_unit_sd_and_the_correlation_of_a_gaussian_filter(sigma):
    noise = smooth_noise(Box.of((96, 160, 160)), SIZE, sigma, SEED)
    assert abs(noise.mean()) < 0.05
    assert abs(noise.std() - 1) < 0.05
    for axis, (size, s) in enumerate(zip(SIZE, np.broadcast_to(sigma, 3))):
        for lag in (1, 3, 6):
            expected = np.exp(-((lag * size) ** 2) / (4 * s * s))
            assert abs(correlation(noise, axis, lag) - expected) < 0.12


def test_smooth_noise_is_stationary():
    seeds = [derive_seed(i, "stationary") for i in range(400)]
    box = Box.of((1, 1, 40), (3, 5, 7))
    values = np.stack([smooth_noise(box, SIZE, 40.0, s)[0, 0] for s in seeds])
    assert (np.abs(values.std(axis=0) - 1) < 0.15).all()


def test_noise_is_white_along_an_axis_that_is_coarser_than_its_scale():
    noise = smooth_noise(Box.of((60, 60, 60)), (50.0, 10.0, 10.0), 20.0, SEED)
    assert abs(correlation(noise, 0, 1)) < 0.05
    assert correlation(noise, 2, 1) > 0.8


@given(
    start=st.tuples(*[st.integers(-40, 40)] * 3),
    shape=st.tuples(*[st.integers(1, 17)] * 3),
    block=st.tuples(*[st.integers(1, 9)] * 3),
    sigma=st.floats(5, 300),
)
def test_any_split_gives_identical_voxels(start, shape, block, sigma):
    box = Box.of(shape, start)
    for noise in (
        lambda b: white_noise(b, SEED),
        lambda b: smooth_noise(b, SIZE, sigma, SEED),
    ):
        whole = noise(box)
        for part in tile(box, block):
            np.testing.assert_array_equal(noise(part), whole[part.within(box)])


def test_empty_box():
    assert white_noise(Box.of((0, 3, 3)), SEED).shape == (0, 3, 3)
    assert smooth_noise(Box.of((2, 0, 3)), SIZE, 30.0, SEED).shape == (2, 0, 3)


def test_seeds_are_independent():
    box = Box.of((20, 20, 20))
    one, two = (white_noise(box, derive_seed(s, "a")).ravel() for s in (1, 2))
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.05


def test_spline_weights_add_up_to_one():
    weight = cubic_spline(np.linspace(0, 1, 11))
    np.testing.assert_allclose(weight.sum(axis=0), 1)
    np.testing.assert_allclose(weight[:, 0], [1 / 6, 4 / 6, 1 / 6, 0], atol=1e-15)


@pytest.mark.parametrize("first", [0, 2**33, 2**63 + 5])
def test_decisions_by_id_are_uniform_and_free_of_order(first):
    ids = np.arange(first, first + 20_000, dtype=np.uint64)
    values = uniform(ids, SEED)
    assert (values >= 0).all()
    assert (values < 1).all()
    assert abs(values.mean() - 0.5) < 0.01
    assert abs((values < 0.03).mean() - 0.03) < 0.006
    np.testing.assert_array_equal(uniform(ids[::-1], SEED), values[::-1])


def test_scatter_is_one_to_one():
    assert len(np.unique(scatter(np.arange(100_000), SEED))) == 100_000
