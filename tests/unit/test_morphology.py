import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from neuropil.errors import InputError
from neuropil.kernels.bits import dilate, erode, pack_above, unpack
from neuropil.kernels.distance import squared_distance
from neuropil.morphology import Lattice, ball_spans, open_close, span_reach

sizes = st.sampled_from([(25, 10, 10), (4.6, 4.6, 4.6), (40, 8, 4), (1, 2, 3)])
maps = arrays(
    "u1", st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 140))
)


def ball(radius, size):
    """Voxels at most a radius away, as an array for scipy."""
    axes = [np.arange(-int(radius // s), int(radius // s) + 1) * s for s in size]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    return z**2 + y**2 + x**2 <= radius**2 + 1e-6


def fill(spans):
    """Structuring element as an array, from its spans."""
    reach = span_reach(spans)
    out = np.zeros([2 * r + 1 for r in reach], bool)
    for dz, dy, half in spans:
        x = slice(reach[2] - half, reach[2] + half + 1)
        out[reach[0] + dz, reach[1] + dy, x] = True
    return out


@given(sizes, st.integers(0, 60))
def test_a_ball_holds_all_voxels_up_to_its_radius(size, radius):
    spans = ball_spans(Lattice.of(size), radius)
    np.testing.assert_array_equal(fill(spans), ball(radius, size))


@given(maps, st.integers(0, 255), sizes, st.integers(0, 30))
def test_dilation_and_erosion_equal_scipy(values, threshold, size, radius):
    spans, mask = ball_spans(Lattice.of(size), radius), values > threshold
    words, plane = pack_above(values, threshold), values.shape[1:]
    for kernel, reference, border in (
        (dilate, ndimage.binary_dilation, 0),
        (erode, ndimage.binary_erosion, 1),
    ):
        found = unpack(kernel(words, *plane, spans), *plane)
        expected = reference(mask, ball(radius, size), border_value=border)
        np.testing.assert_array_equal(found, expected)


@given(maps, sizes)
def test_opening_and_closing_follow_each_other(values, size):
    lattice = Lattice.of(size)
    words = pack_above(values, 127)
    opening, closing = ball_spans(lattice, 10), ball_spans(lattice, 15)
    found = open_close(words, values.shape, opening, closing)
    mask = ndimage.binary_erosion(values > 127, ball(10, size), border_value=1)
    mask = ndimage.binary_dilation(mask, ball(10, size))
    mask = ndimage.binary_dilation(mask, ball(15, size))
    mask = ndimage.binary_erosion(mask, ball(15, size), border_value=1)
    np.testing.assert_array_equal(unpack(found, *values.shape[1:]), mask)


@given(maps, sizes, st.integers(1, 80), st.data())
def test_squared_distances_are_exact(values, size, longest, data):
    mask = (values > 60).astype("u1")
    mask[0, 0, 0] = 0  # scipy wants some background
    lattice = Lattice.of(size)
    cap = lattice.squared(longest) + 1
    exact = ndimage.distance_transform_edt(mask, lattice.steps) ** 2
    expected = np.minimum(np.rint(exact), cap)
    words = pack_above(mask, 0)
    found = squared_distance(words, mask.shape, lattice.steps, cap)
    np.testing.assert_array_equal(found, expected)
    ends = (sorted(data.draw(st.tuples(*[st.integers(0, n)] * 2))) for n in mask.shape)
    part = tuple(slice(*pair) for pair in ends)
    found = squared_distance(words, mask.shape, lattice.steps, cap, part)
    np.testing.assert_array_equal(found, expected[part])


def test_without_background_all_is_deep():
    for shape in ((3, 4, 70), (3, 4, 128)):
        words = pack_above(np.ones(shape, "u1"), 0)
        assert (squared_distance(words, shape, (5, 2, 2), 99) == 99).all()


def test_kernels_leave_their_input():
    values = np.full((2, 3, 70), 200, "u1")
    values.flags.writeable = False
    words = pack_above(values, 10)
    words.flags.writeable = False
    spans = ball_spans(Lattice.of((1, 1, 1)), 1)
    dilate(words, 3, 70, spans)
    erode(words, 3, 70, spans)
    squared_distance(words, values.shape, (1, 1, 1), 9)


@pytest.mark.parametrize(
    ("size", "steps", "unit"),
    [((25, 10, 10), (5, 2, 2), 500), ((40, 4.6, 4.6), (200, 23, 23), 20)],
)
def test_a_lattice_counts_in_its_largest_unit(size, steps, unit):
    lattice = Lattice.of(size)
    assert lattice == (steps, unit)
    assert lattice.voxel_size_nm == size


def test_squared_lengths_decide_as_lengths_do():
    lattice = Lattice.of((25, 10, 10))  # the unit is 5 nm
    assert lattice.squared(30) == 36
    assert lattice.squared(29.99) == 35


def test_too_long_a_length_is_refused():
    with pytest.raises(InputError, match=r"900 nm is too long .* at most 327 nm"):
        Lattice.of((4.57, 4.57, 30)).squared(900)
