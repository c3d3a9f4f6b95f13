"""Raw grey values: the same in any box; dark where tissue is dark; styles differ."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropil.grid import Box, tile
from neuropil.phantom.image import image_reach, render_image
from neuropil.phantom.sections import describe_sections, is_damaged
from phantom_toy import cut_fields, toy_fields, toy_settings, toy_tissue

SHAPE = (12, 40, 44)
STYLES = {"sbem": (25, 10, 10), "fibsem": (8, 8, 8), "sstem": (40, 7, 7)}


class Scene:
    """A toy tissue with its fields around a box, rendered."""

    def __init__(self, style="sbem", size=(25, 10, 10), shape=SHAPE, **changes):
        phantom = toy_settings()
        phantom["image"].update(style=style, **changes)
        self.tissue = toy_tissue(phantom, shape, tuple(map(float, size)))
        self.box = Box.of(shape)
        self.reach = image_reach(self.tissue.voxel_size_nm, phantom)
        self.outer = self.box.grow(self.reach)
        self.fields = toy_fields(self.tissue, self.outer)

    def render(self, box=None):
        box = self.box if box is None else box
        around = box.grow(self.reach)
        fields = cut_fields(self.fields, self.outer, around)
        return render_image(fields, box, self.tissue)

    def inner(self, name):
        return getattr(self.fields, name)[self.box.within(self.outer)]


@pytest.fixture(scope="module", params=list(STYLES))
def scene(request):
    return Scene(request.param, STYLES[request.param], damaged_every_nm=100)


@settings(max_examples=4)
@given(block=st.tuples(st.integers(3, 9), st.integers(13, 31), st.integers(13, 31)))
def test_any_split_gives_identical_voxels(scene, block):
    whole = scene.render()
    for part in tile(scene.box, block):
        np.testing.assert_array_equal(scene.render(part), whole[part.within(scene.box)])


def test_fields_of_a_smaller_box_are_enough(scene):
    part = Box((2, 3, 5), (9, 30, 31))
    alone = toy_fields(scene.tissue, part.grow(scene.reach))
    expected = scene.render()[part.within(scene.box)]
    actual = render_image(alone, part, scene.tissue)
    np.testing.assert_array_equal(actual, expected)


def test_input_is_not_modified(scene):
    before = {k: v.copy() for k, v in scene.fields.__dict__.items()}
    render_image(scene.fields, scene.box, scene.tissue)
    for name, array in scene.fields.__dict__.items():
        np.testing.assert_array_equal(array, before[name])


def test_structures_have_their_greys():
    still = Scene(size=(10, 10, 10), shape=(30, 90, 90), damaged_every_nm=0)
    grey = still.render().astype(float)
    deep = still.inner("membrane_nm")
    cytoplasm = (deep > 60) & (still.inner("mito") == 0)
    cytoplasm &= (still.inner("vesicles") == 0) & (still.inner("synapse") == 0)
    cytoplasm &= (still.inner("nucleus_nm") < -60) & (still.inner("cell") > 0)
    assert 140 < grey[cytoplasm].mean() < 190
    assert grey[(deep > 0) & (deep < 8)].mean() < grey[cytoplasm].mean() - 40
    assert grey[still.inner("mito_depth_nm") > 30].mean() < grey[cytoplasm].mean() - 25
    assert grey[still.inner("myelin") == 1].mean() < 100
    cloud = still.inner("vesicles") > 0
    assert grey[cloud].mean() < grey[cytoplasm].mean() - 5
    assert grey[cloud].std() > 1.2 * grey[cytoplasm].std()


def test_postsynaptic_side_is_dark_at_asymmetric_synapses():
    still = Scene(size=(10, 10, 10), shape=(40, 120, 120), damaged_every_nm=0)
    grey, synapse = still.render().astype(float), still.inner("synapse")
    table = still.tissue.synapses
    post = np.concatenate([[0], table["post_index"]])[synapse]
    sign = np.concatenate([[0], table["sign"]])[synapse]
    deep = (still.inner("membrane_nm") > 14) & (synapse > 0)
    after = still.inner("cell") == post
    asymmetric = grey[deep & after & (sign > 0)].mean()
    assert asymmetric < grey[deep & ~after & (sign > 0)].mean() - 20
    assert asymmetric < grey[deep & after & (sign < 0)].mean() - 5


def test_one_section_of_each_period_is_damaged():
    number = np.arange(-40, 200)
    damaged = is_damaged(number, (500, 25.0), 500.0, 3)
    assert (damaged.reshape(-1, 20).sum(axis=1) == 1).all()
    assert is_damaged(np.arange(7), (7, 25.0), 500.0, 3).sum() == 1
    assert not is_damaged(number, (500, 25.0), 0, 3).any()


def test_damaged_section_is_paler():
    scene = Scene(damaged_every_nm=1000)
    depth = (SHAPE[0], 25.0)
    (z,) = np.flatnonzero(describe_sections(scene.box, depth, scene.tissue).damaged)
    whole = Scene(damaged_every_nm=0).render()
    damaged = scene.render()
    others = np.arange(SHAPE[0]) != z
    np.testing.assert_array_equal(damaged[others], whole[others])
    assert damaged[z].std() < 0.85 * whole[z].std()


def test_sections_shift_by_a_few_voxels_at_most():
    scene = Scene("sstem", STYLES["sstem"])
    sections = describe_sections(Box.of((300, 1, 1)), (300, 40.0), scene.tissue)
    limit = 2.5 * scene.tissue.settings["image"]["styles"]["sstem"]["jitter_nm"]
    assert np.abs(sections.shift_nm).max() <= limit
    assert sections.shift_nm.std() > 0.2 * limit


def test_one_voxel_and_empty_box(scene):
    one = Box.of((1, 1, 1), (5, 20, 20))
    assert scene.render(one) == scene.render()[5, 20, 20]
    empty = Box.of((0, 4, 4), (5, 20, 20))
    assert scene.render(empty).shape == (0, 4, 4)
