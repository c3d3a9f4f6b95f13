import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.segmentation import watershed
from test_basins import canonical, plain_forest
from test_morphology import ball

from neuropil.blocks import map_blocks
from neuropil.grid import Box, Grid
from neuropil.instances import (
    BasinFile,
    Recipe,
    label_organelles,
    link_organelles,
    measure_depth,
    save_basins,
)
from neuropil.schemas.organelles import SEEDED
from neuropil.storage import as_table
from neuropil.volumes.base import Volume

SIZE = (25.0, 10.0, 10.0)
SETTINGS = {
    "threshold": 0.5,
    "opening_nm": 10,
    "closing_nm": 10,
    "erosion_nm": 20,
    "min_seed_vx": 5,
    "min_size_vx": 20,
}


def as_volume(values, size=SIZE):
    values = values.view()
    values.flags.writeable = False

    def load(box):
        return np.ascontiguousarray(values[box.slices])

    return Volume("map", values.shape, values.dtype, size, (0, 0, 0), load)


def segment(values, folder, chunk_shape=None, block_shape=None, **options):
    """Run both steps over all chunks; the volume of objects, and their table."""
    given_settings = {**SETTINGS, **options}
    volume = as_volume(values, options.pop("size", SIZE))
    recipe = Recipe.of(given_settings, volume.voxel_size_nm)
    grid = Grid(volume.box, chunk_shape or values.shape)
    files, labels = [], {}
    for chunk in grid.chunks:
        core = grid.core(chunk)
        labels[chunk] = np.zeros(core.shape, "u4")
        files.append(BasinFile(folder / f"{chunk}.h5"))

        def write(box, array, chunk=chunk, core=core):
            labels[chunk][box.within(core)] = array

        blocks = {"block_shape": block_shape or values.shape, "threads": 2}
        walk = functools.partial(map_blocks, box=core, **blocks)
        tables = label_organelles(volume, recipe, core, walk, write)
        save_basins(tables, files[-1].path)
    links, objects = link_organelles(files, grid, recipe, given_settings["min_size_vx"])
    out = np.zeros(values.shape, "u8")
    for chunk in grid.chunks:
        link = links[links["chunk"] == chunk]
        number = np.zeros(labels[chunk].max() + 1, "u8")
        number[link["label"]] = link["object"]
        out[grid.core(chunk).slices] = number[labels[chunk]]
    return out, as_table(objects, SEEDED).to_pandas()


def noise_map(seed, shape=(10, 24, 40), scale=(0.8, 2, 2)):
    """A map with blobs of all kinds that touch each other and the border."""
    noise = np.random.default_rng(seed).standard_normal(shape)
    smooth = ndimage.gaussian_filter(noise, scale)
    return np.clip(90 + 60 * smooth / smooth.std(), 0, 255).astype("u1")


def plain_depth(values, options):
    """The same depth by scipy; what lies outside of the volume does not count."""
    mask = values > 255 * options["threshold"]
    opening, closing = (ball(options[f"{k}_nm"], SIZE) for k in ("opening", "closing"))
    mask = ndimage.binary_erosion(mask, opening, border_value=1)
    mask = ndimage.binary_dilation(mask, opening)
    mask = ndimage.binary_dilation(mask, closing)
    mask = ndimage.binary_erosion(mask, closing, border_value=1)
    return ndimage.distance_transform_edt(mask, SIZE)


def plain_objects(values, options, cap):
    """The whole recipe by scipy and a voxel-by-voxel forest; depths in 5 nm."""
    depth = plain_depth(values, options)
    level = np.minimum(np.rint((depth / 5) ** 2), cap).astype("i4")
    seed_level = (options["erosion_nm"] / 5) ** 2
    labels = plain_forest(level, seed_level, options["min_seed_vx"])
    counts = np.bincount(labels.ravel())
    return canonical(np.where(counts[labels] >= options["min_size_vx"], labels, 0))


@pytest.mark.parametrize("seed", range(4))
def test_objects_are_those_of_the_plain_recipe(seed, tmp_path):
    values = noise_map(seed)
    objects, table = segment(values, tmp_path)
    cap = Recipe.of(SETTINGS, SIZE).cap
    np.testing.assert_array_equal(objects, plain_objects(values, SETTINGS, cap))
    assert len(table) == objects.max() > 1


@settings(max_examples=12)
@given(
    st.integers(0, 99),
    st.tuples(st.integers(4, 12), st.integers(11, 30), st.integers(17, 50)),
    st.tuples(st.integers(3, 12), st.integers(8, 30), st.integers(10, 50)),
)
def test_any_grid_and_blocks_give_the_same_objects(
    tmp_path_factory, seed, chunk_shape, block_shape
):
    values = noise_map(seed)
    folder = tmp_path_factory.mktemp("basins")
    whole, objects = segment(values, folder)
    parts, table = segment(values, folder, chunk_shape, block_shape)
    np.testing.assert_array_equal(parts, whole)
    pd.testing.assert_frame_equal(table, objects)


def test_depth_is_exact_in_a_box_with_its_halo():
    values = noise_map(5, (30, 60, 70))
    recipe = Recipe.of(SETTINGS, SIZE)
    whole = measure_depth(values, recipe)
    block = Box((12, 25, 30), (15, 33, 41))
    read = block.grow(recipe.halo).intersect(Box.of(values.shape))
    depth = measure_depth(np.ascontiguousarray(values[read.slices]), recipe)
    np.testing.assert_array_equal(depth[block.within(read)], whole[block.slices])


def blobs(shape, centres, radius_nm):
    z, y, x = (axis * size for axis, size in zip(np.indices(shape), SIZE))
    near = [
        (z - c[0] * SIZE[0]) ** 2
        + (y - c[1] * SIZE[1]) ** 2
        + (x - c[2] * SIZE[2]) ** 2
        for c in centres
    ]
    return np.where(np.min(near, 0) < radius_nm**2, 255, 0).astype("u1")


def test_two_touching_blobs_are_two_objects(tmp_path):
    values = blobs((13, 40, 70), [(6, 20, 20), (6, 20, 46)], 140)
    objects, table = segment(values, tmp_path, erosion_nm=80)
    assert ndimage.label(values)[1] == 1
    assert len(table) == 2
    assert len(np.unique(objects[values > 0])) == 2
    assert table[["z_vx", "y_vx"]].to_numpy().tolist() == [[6, 20], [6, 20]]


def test_nice_blobs_are_cut_as_by_a_plain_watershed(tmp_path):
    values = blobs((16, 60, 90), [(5, 20, 20), (6, 25, 44), (10, 40, 60)], 150)
    plain = {"opening_nm": 0, "closing_nm": 0, "erosion_nm": 100}
    objects, table = segment(values, tmp_path, **plain)
    depth = ndimage.distance_transform_edt(values, SIZE)
    seeds, count = ndimage.label(depth > 100)
    expected = canonical(watershed(-depth, seeds, mask=values > 0))
    assert len(table) == count == 3
    assert (objects == expected)[values > 0].mean() >= 0.99


def test_a_long_mitochondrion_through_many_chunks_is_one_object(tmp_path):
    values = np.zeros((40, 20, 120), "u1")
    for x in range(120):
        values[5 + x // 4 : 12 + x // 4, 4:16, x] = 255
    objects, table = segment(values, tmp_path, (11, 20, 23), (7, 9, 11))
    assert len(table) == 1
    assert table["voxel_count"][0] == np.count_nonzero(objects)
    assert (objects > 0).sum() > 0.9 * (values > 0).sum()


def test_objects_at_the_border_keep_their_seeds(tmp_path):
    values = np.zeros((6, 20, 20), "u1")
    values[:2, :8, :8] = 255  # 50 nm deep, if what is beyond the border counted
    objects, table = segment(values, tmp_path, erosion_nm=45)
    assert len(table) == 1
    assert (objects > 0).sum() >= 0.95 * (values > 0).sum()
    assert table[["z_vx", "y_vx", "x_vx"]].to_numpy().tolist() == [[0, 0, 0]]


def test_small_objects_and_seeds_are_dropped(tmp_path):
    values = blobs((7, 40, 60), [(3, 12, 12), (3, 25, 45)], 90)
    sizes = segment(values, tmp_path)[1]["voxel_count"].tolist()
    assert len(sizes) == 2
    least = {"min_size_vx": max(sizes) + 1}
    assert segment(values, tmp_path, **least)[1].empty
    assert segment(values, tmp_path, min_seed_vx=10_000)[1].empty


def test_the_deepest_voxel_is_inside(tmp_path):
    objects, table = segment(noise_map(3), tmp_path, (5, 9, 13), (4, 8, 10))
    for row in table.itertuples():
        assert objects[row.z_vx, row.y_vx, row.x_vx] == row.object


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 4, 5)])
def test_all_or_nothing(value, shape, tmp_path):
    options = {"min_seed_vx": 1, "min_size_vx": 1}
    objects, table = segment(np.full(shape, value, "u1"), tmp_path, **options)
    assert (objects == value // 255).all()
    assert len(table) == value // 255


def test_the_threshold_is_a_share_of_255():
    shares = {0.4286: 109, 0.5: 127, 0.2: 51, 0.0: 0, 1.0: 255}
    found = {
        share: Recipe.of({**SETTINGS, "threshold": share}, SIZE).threshold
        for share in shares
    }
    assert found == shares
