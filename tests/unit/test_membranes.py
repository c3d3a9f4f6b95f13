"""The map of membranes from raw: as numpy has it, and the same for any chunks."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from test_instances import as_volume

from neuropil.blocks import map_blocks
from neuropil.errors import InputError
from neuropil.grid import Box, Grid
from neuropil.segmentation.membranes import (
    SheetFilter,
    measure_levels,
    predict_membranes,
    spread_boxes,
)

SIZE = (25.0, 10.0, 10.0)
SETTINGS = {
    "smooth_nm": 12,
    "sections": False,
    "percentiles": {"grey": [2, 60], "bend": [30, 98]},
    "levels": None,
}


def make_raw(shape=(12, 40, 44), dtype="u1", seed=0):
    noise = np.random.default_rng(seed).normal(size=shape)
    noise = ndimage.gaussian_filter(noise, (0.5, 1, 1))
    grey = 150 - 90 * np.exp(-np.abs(noise / noise.std()) * 2)
    return np.rint(grey * (256 if dtype == "u2" else 1)).astype(dtype)


def predict(raw, levels, chunk=None, block=None, **options):
    volume = as_volume(raw, SIZE)
    sheets = SheetFilter.of({**SETTINGS, **options}, SIZE)
    out = np.zeros(raw.shape, "u1")

    def write(box, array, name):
        assert name == "membrane"
        out[box.slices] = array

    grid = Grid(volume.box, chunk or raw.shape)
    for name in grid.chunks:
        walk = partial(
            map_blocks,
            box=grid.core(name),
            block_shape=block or raw.shape,
            threads=1,
        )
        predict_membranes(volume, sheets, levels, walk, write)
    return out


def plain_measures(raw, smooth_nm=12):
    """Grey values smoothed as the run does, and numpy's largest eigenvalue."""
    sigma = [smooth_nm / size for size in SIZE]
    smooth = ndimage.gaussian_filter(
        raw.astype(float), sigma, mode="nearest", truncate=2.5
    )
    first = np.gradient(smooth)
    hessian = [
        [s * t * d for t, d in zip(sigma, np.gradient(g))] for s, g in zip(sigma, first)
    ]
    return smooth, np.linalg.eigvalsh(np.moveaxis(hessian, (0, 1), (-2, -1)))[..., -1]


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_the_filter_is_the_largest_eigenvalue_of_the_hessian(dtype):
    raw = make_raw(dtype=dtype)
    step = {"u1": 64, "u2": 4}[dtype]
    sheets = SheetFilter.of(SETTINGS, SIZE)
    smooth, bends = sheets.measure(raw, (slice(None),) * 3)
    plain, root = plain_measures(raw)
    inner = (slice(3, -3),) * 3
    unit = 256 if dtype == "u2" else 1
    assert np.abs(smooth / step - plain)[inner].max() < 0.6 * unit
    error = np.abs(bends / step - np.maximum(root, 0))[inner]
    assert error.max() < 0.5 * unit
    assert root[inner].max() > 10 * unit


def test_it_is_high_in_a_dark_sheet_alone():
    raw = np.full((12, 40, 60), 160, "u1")
    raw[:, :, 10] = 40  # a sheet
    raw[:, :, 30:50] = 40  # something dark and thick
    levels = {"grey": [125, 150], "bend": [5, 20]}
    out = predict(raw, levels)
    assert (out[:, :, 10] == 255).all()
    assert not out[:, :, 18:26].any()
    assert not out[:, :, 36:44].any()


def test_what_was_not_imaged_is_no_cell():
    raw = make_raw()
    raw[:, :, :20] = 0
    levels = measure_levels(as_volume(raw, SIZE), SETTINGS)
    assert levels["grey"][0] > 0
    assert (predict(raw, levels)[:, :, :14] == 255).all()


@settings(max_examples=20)
@given(
    chunk=st.tuples(st.integers(2, 12), st.integers(5, 40), st.integers(5, 44)),
    block=st.tuples(st.integers(1, 12), st.integers(4, 40), st.integers(4, 44)),
    sections=st.booleans(),
)
def test_any_chunks_and_blocks_give_the_same(chunk, block, sections):
    raw = make_raw()
    levels = {"grey": [80, 140], "bend": [2.5, 20]}
    whole = predict(raw, levels, sections=sections)
    assert len(np.unique(whole)) > 100
    parts = predict(raw, levels, chunk, block, sections=sections)
    np.testing.assert_array_equal(parts, whole)


def test_sections_are_filtered_by_themselves():
    raw = make_raw()
    levels = {"grey": [80, 140], "bend": [2.5, 20]}
    whole = predict(raw, levels, sections=True)
    for z in (0, 5):
        alone = predict(raw[z : z + 1], levels, sections=True)
        np.testing.assert_array_equal(whole[z : z + 1], alone)


def test_levels_are_percentiles_of_the_volume():
    raw = make_raw((20, 50, 60))
    found = measure_levels(as_volume(raw, SIZE), SETTINGS)
    smooth, root = plain_measures(raw)
    for name, plain in (("grey", smooth), ("bend", np.maximum(root, 0))):
        ranks = SETTINGS["percentiles"][name]
        assert found[name] == pytest.approx(np.percentile(plain, ranks), abs=0.5)
    given_levels = {"grey": [1, 2], "bend": [3, 4]}
    chosen = {**SETTINGS, "levels": given_levels}
    assert measure_levels(as_volume(raw, SIZE), chosen) == given_levels


def test_cubes_that_levels_are_measured_in_are_spread_over_the_volume():
    large = Box((5, 0, 10), (1005, 50, 80))
    cubes = spread_boxes(large)
    assert len(cubes) == 4 * 1 * 2
    assert cubes[0].start == large.start
    assert cubes[-1].stop == large.stop
    assert {cube.shape for cube in cubes} == {(64, 50, 64)}


def test_a_volume_of_one_grey_is_refused():
    raw = np.full((8, 20, 20), 90, "u1")
    with pytest.raises(InputError, match="the same grey everywhere"):
        measure_levels(as_volume(raw, SIZE), SETTINGS)
