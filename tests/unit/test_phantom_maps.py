"""Probability maps: the same in any box; faults as often as asked for."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from neuropil.grid import Box, tile
from neuropil.phantom.false_objects import place_false_objects
from neuropil.phantom.maps import (
    ROLES,
    asymmetric_share,
    kept,
    maps_reach,
    render_maps,
    true_levels,
)
from neuropil.phantom.membranes import MEMBRANE_NM, membrane_levels
from neuropil.schemas.base import Schema
from neuropil.schemas.phantom_maps import FALSE_OBJECTS
from phantom_toy import cut_fields, toy_fields, toy_settings, toy_tissue

SHAPE, SIZE = (20, 60, 64), (20.0, 10.0, 10.0)


def perfect(maps):
    """Settings of maps without any fault."""
    for role in ("sj", "mi", "vc", "membrane"):
        maps[role] = {"missed": 0, "added": 0}
    maps.update(sign_confusion=0, sign_doubt=0, border_shift_nm=0, noise=0)
    maps.update(inside=1, outside=0)


class Scene:
    def __init__(self, faults=True, **changes):
        self.phantom = toy_settings()
        if not faults:
            perfect(self.phantom["maps"])
        self.phantom["maps"].update(changes)
        self.tissue = toy_tissue(self.phantom, SHAPE, SIZE, seed=5)
        self.box = Box.of(SHAPE)
        self.reach = maps_reach(SIZE, self.phantom)
        self.outer = self.box.grow(self.reach)
        self.fields = toy_fields(self.tissue, self.outer)
        self.false = place_false_objects(self.tissue, self.fields_of)

    def fields_of(self, box):
        return toy_fields(self.tissue, box)

    def render(self, box=None):
        box = self.box if box is None else box
        fields = cut_fields(self.fields, self.outer, box.grow(self.reach))
        return render_maps(fields, box, self.tissue, self.false)

    def inner(self, name):
        return getattr(self.fields, name)[self.box.within(self.outer)]


@pytest.fixture(scope="module")
def scene():
    many = {role: {"missed": 0.1, "added": 0.15} for role in ("sj", "mi", "vc")}
    return Scene(**many)


@settings(max_examples=5)
@given(block=st.tuples(st.integers(3, 13), st.integers(9, 41), st.integers(9, 41)))
def test_any_split_gives_identical_voxels(scene, block):
    whole = scene.render()
    for part in tile(scene.box, block):
        for role, voxels in scene.render(part).items():
            np.testing.assert_array_equal(voxels, whole[role][part.within(scene.box)])


def test_maps_are_bytes_of_every_role(scene):
    maps = scene.render()
    assert tuple(maps) == ROLES
    for voxels in maps.values():
        assert voxels.dtype == np.uint8
        assert voxels.shape == SHAPE


def test_input_is_not_modified(scene):
    before = {k: v.copy() for k, v in scene.fields.__dict__.items()}
    render_maps(scene.fields, scene.box, scene.tissue, scene.false)
    for name, array in scene.fields.__dict__.items():
        np.testing.assert_array_equal(array, before[name])


def test_without_faults_the_threshold_gives_the_truth_but_for_smoothing():
    clean = Scene(faults=False)
    maps = clean.render()
    for role, name in (("mi", "mito"), ("vc", "vesicles"), ("myelin", "myelin")):
        true, seen = clean.inner(name) > 0, maps[role] > 127
        assert (true & seen).sum() > 0.9 * (true | seen).sum()
    sign = np.concatenate([[0], clean.tissue.synapses["sign"]])
    sign = sign[clean.inner("synapse")]
    for value, more, less in ((1, "asym", "sym"), (-1, "sym", "asym")):
        inside = (sign == value) & (maps["sj"] == 255)
        assert (maps[more] > maps[less])[inside].mean() > 0.95
    both = maps["asym"].astype(int) + maps["sym"]
    assert np.abs(both - maps["sj"]).max() <= 1


def test_the_map_of_membranes_parts_cells():
    clean = Scene(faults=False)
    seen = clean.render()["membrane"] > 127
    cell, depth = clean.inner("cell"), clean.inner("membrane_nm")
    assert seen[cell == 0].mean() > 0.9
    assert seen[(cell > 0) & (depth > 30)].mean() < 0.001
    parts, count = ndimage.label(~seen)
    for part in range(1, count + 1):
        held = cell[parts == part]
        assert (held == np.bincount(held).argmax()).mean() > 0.99


def test_membranes_have_holes_as_often_as_asked():
    many = Scene(faults=False, membrane={"missed": 0.2, "added": 0})
    levels = membrane_levels(many.fields, many.outer, many.tissue)
    shown = (many.fields.cell == 0) | (many.fields.membrane_nm < MEMBRANE_NM)
    assert abs((levels[shown] == 0).mean() - 0.2) < 0.03
    assert not levels[~shown].any()


def test_mitochondria_are_taken_for_membranes_as_often_as_asked():
    some = Scene(faults=False, membrane={"missed": 0, "added": 0.5})
    mito, depth = some.fields.mito, some.fields.mito_depth_nm
    inside = (mito > 0) & (some.fields.membrane_nm > MEMBRANE_NM)
    taken = []
    for seed in range(20):
        tissue = replace(some.tissue, seed=seed)
        levels = membrane_levels(some.fields, some.outer, tissue)
        assert not levels[inside & (depth >= MEMBRANE_NM)].any()
        outline = inside & (depth < MEMBRANE_NM)
        taken += [levels[outline & (mito == m)].mean() for m in np.unique(mito[inside])]
    assert set(taken) == {0, 255}
    assert 0.3 < np.mean(taken) / 255 < 0.7


def test_borders_move_by_one_to_two_voxels():
    still, moved = Scene(faults=False), Scene(faults=False, border_shift_nm=12)
    one, two = (s.render()["mi"] > 127 for s in (still, moved))
    changed = one ^ two
    rim = one ^ np.roll(one, 1, axis=2)
    assert 0.2 < changed.sum() / rim.sum() < 4
    assert (two & one).sum() > 0.6 * one.sum()


def test_noise_has_the_given_sd_and_scale():
    flat = Scene(faults=False, inside=0.5, outside=0.5, noise=0.1, noise_nm=30)
    maps = flat.render()
    values = maps["sym"] / 255.0
    assert abs(values.std() - 0.1) < 0.015
    away = values - values.mean()
    for axis, size in ((1, 10), (2, 10)):
        ahead = np.moveaxis(away, axis, 0)
        measured = (ahead[3:] * ahead[:-3]).mean() / (away**2).mean()
        assert abs(measured - np.exp(-((3 * size) ** 2) / (4 * 30**2))) < 0.1
    assert abs(np.corrcoef(values.ravel(), maps["mi"].ravel())[0, 1]) < 0.15


def test_objects_are_missed_as_often_as_asked(scene):
    for role in ("sj", "mi", "vc"):
        seen = kept(200_000, role, scene.tissue)
        assert not seen[0]
        assert abs((~seen[1:]).mean() - 0.1) < 0.004
    together = kept(200_000, "mi", scene.tissue) | kept(200_000, "vc", scene.tissue)
    assert abs((~together[1:]).mean() - 0.01) < 0.002


def test_a_missed_object_leaves_no_voxel(scene):
    levels = true_levels(scene.fields, scene.tissue)["mi"]
    count = scene.fields.mito.max()
    seen = kept(int(count), "mi", scene.tissue)
    expected = np.where(seen[scene.fields.mito], 255, 0)
    np.testing.assert_array_equal(levels, expected)


def test_signs_are_confused_as_often_as_asked(scene):
    many = pd.DataFrame({"sign": np.where(np.arange(50_000) % 2, 1, -1)})
    tissue = scene.tissue.__class__(**{**scene.tissue.__dict__, "synapses": many})
    tissue.settings["maps"]["sign_confusion"] = 0.04
    share = asymmetric_share(tissue)[1:]
    wrong = (share > 0.5) != (many["sign"].to_numpy() > 0)
    assert abs(wrong.mean() - 0.04) < 0.005
    assert share.min() >= 0
    assert share.max() <= 1


def test_false_objects_are_as_many_as_asked_at_fitting_places(scene):
    table = scene.false
    assert isinstance(FALSE_OBJECTS, Schema)
    assert list(table.columns) == FALSE_OBJECTS.columns
    assert (table["role"] == "sj").sum() > 0
    for row in table.itertuples():
        voxel = np.floor(np.divide((row.z_nm, row.y_nm, row.x_nm), SIZE)).astype(int)
        at = toy_fields(scene.tissue, Box.of((1, 1, 1), tuple(voxel.tolist())))
        cells = {int(at.nearest[0, 0, 0]), int(at.neighbour[0, 0, 0])}
        if row.role == "sj":
            assert cells == {row.cell_index, row.other_index}
            assert at.synapse[0, 0, 0] == 0
        else:
            assert at.cell[0, 0, 0] == row.cell_index
            assert at.mito[0, 0, 0] == 0


def test_false_objects_show_in_their_map():
    scene = Scene(faults=False, mi={"missed": 0, "added": 0.4})
    without = Scene(faults=False).render()
    with_false = scene.render()
    assert len(scene.false) > 0
    for row in scene.false.itertuples():
        voxel = np.floor(np.divide((row.z_nm, row.y_nm, row.x_nm), SIZE)).astype(int)
        assert with_false["mi"][tuple(voxel)] > 127
        assert without["mi"][tuple(voxel)] < 127


def test_no_objects_at_all():
    scene = Scene(faults=False)
    values = scene.tissue.__dict__
    bare = scene.tissue.__class__(
        **{
            **values,
            "synapses": values["synapses"].iloc[:0],
            "organelles": values["organelles"].iloc[:0],
        }
    )
    table = place_false_objects(bare, scene.fields_of)
    assert table.empty
    fields = toy_fields(bare, scene.outer)
    maps = render_maps(fields, scene.box, bare, table)
    for role in ("sj", "mi", "vc"):
        assert not maps[role].any()


def test_one_voxel_and_empty_box(scene):
    one = Box.of((1, 1, 1), (5, 20, 20))
    assert scene.render(one)["sj"] == scene.render()["sj"][5, 20, 20]
    assert scene.render(Box.of((0, 4, 4), (5, 20, 20)))["mi"].shape == (0, 4, 4)
