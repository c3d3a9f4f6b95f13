import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pandas.testing import assert_frame_equal

from neuropil import properties
from neuropil.blocks import map_blocks
from neuropil.grid import Box, tile
from neuropil.partials import (
    merge_overlaps,
    merge_partial_objects,
    merge_partial_points,
    merge_points,
    merge_supervoxels,
)
from neuropil.properties import extract_overlaps, extract_supervoxels, point_bins
from neuropil.schemas.cells import PARTIAL_SUPERVOXELS, SUPERVOXELS
from neuropil.schemas.organelles import PARTIAL_OBJECTS, PARTIAL_POINTS, POINTS
from neuropil.storage import as_table
from neuropil.volumes.base import Volume

IDS = np.array([0, 1, 2, 2**32 + 1, 2**63 + 5, 2**64 - 1], "u8")
SIZE = (25.0, 10.0, 10.0)
shapes = st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 30))
labels = arrays("i8", shapes, elements=st.integers(0, 5)).map(lambda a: IDS[a])
block_shapes = st.tuples(st.integers(2, 6), st.integers(3, 9), st.integers(8, 30))


def as_volume(ids, size=SIZE):
    ids = ids.view()
    ids.flags.writeable = False

    def load(box):
        return ids[box.slices]

    return Volume("ids", ids.shape, ids.dtype, size, (0, 0, 0), load)


def supervoxel_table(ids, block_shape, size=SIZE):
    volume = as_volume(ids, size)
    chunks = tile(volume.box, tuple(2 * n for n in block_shape))
    walks = (
        functools.partial(map_blocks, box=c, block_shape=block_shape, threads=1)
        for c in chunks
    )
    parts = [extract_supervoxels(volume, walk) for walk in walks]
    for part in parts:
        as_table(part, PARTIAL_SUPERVOXELS)
    return as_table(merge_supervoxels(parts, ids.shape), SUPERVOXELS).to_pandas()


def overlap_tables(objects, others, block_shape, bins=(2, 3, 4)):
    parts = [
        extract_overlaps(
            np.ascontiguousarray(objects[block.slices]),
            np.ascontiguousarray(others[block.slices]),
            block.start,
            bins,
        )
        for block in tile(Box.of(objects.shape), block_shape)
    ]
    return (
        as_table(merge_partial_objects(parts), PARTIAL_OBJECTS).to_pandas(),
        as_table(merge_partial_points(parts), PARTIAL_POINTS).to_pandas(),
    )


def rows(table):
    return list(table.itertuples(index=False, name=None))


def plain_depth(ids, voxel, size, cap):
    """Least distance to another id along the axes, voxel by voxel."""
    found = [cap]
    for axis in range(3):
        for sign in (-1, 1):
            place = list(voxel)
            for count in range(1, int(cap // size[axis]) + 1):
                place[axis] += sign
                inside = 0 <= place[axis] < ids.shape[axis]
                if not inside or ids[tuple(place)] != ids[voxel]:
                    found.append(count * size[axis])
                    break
    return min(found)


@given(labels)
def test_supervoxels_are_counted_and_bounded(ids):
    table = supervoxel_table(ids, ids.shape)
    assert table["supervoxel"].tolist() == np.unique(ids[ids != 0]).tolist()
    for row in table.itertuples():
        places = np.argwhere(ids == np.uint64(row.supervoxel))
        assert row.voxel_count == len(places)
        start = [row.start_z_vx, row.start_y_vx, row.start_x_vx]
        stop = [row.stop_z_vx, row.stop_y_vx, row.stop_x_vx]
        assert start == places.min(0).tolist()
        assert stop == (places.max(0) + 1).tolist()
        assert [row.z_vx, row.y_vx, row.x_vx] in places.tolist()


@given(labels, st.sampled_from([SIZE, (40.0, 16.0, 8.0), (9.0, 9.0, 9.0)]))
def test_the_place_of_a_supervoxel_is_its_deepest_lattice_voxel(ids, size):
    spacing = [max(1, round(properties.LATTICE_NM / s)) for s in size]
    for row in supervoxel_table(ids, ids.shape, size).itertuples():
        places = np.argwhere(ids == np.uint64(row.supervoxel))
        lattice = [tuple(p) for p in places if not (p % spacing).any()]
        depths = [plain_depth(ids, p, size, properties.CAP_NM) for p in lattice]
        best = lattice[int(np.argmax(depths))] if lattice else tuple(places[0])
        assert (row.z_vx, row.y_vx, row.x_vx) == best


@given(labels, block_shapes)
def test_any_blocks_give_the_same_supervoxels(ids, block_shape):
    whole = supervoxel_table(ids, ids.shape)
    assert_frame_equal(supervoxel_table(ids, block_shape), whole)


@given(labels, st.randoms(use_true_random=False))
def test_overlaps_are_those_of_all_voxels(objects, random):
    others = IDS[np.array([random.randrange(6) for _ in range(objects.size)])]
    others = others.reshape(objects.shape)
    bins = (2, 3, 4)
    inside = np.argwhere(objects != 0)
    voxels = pd.DataFrame(inside, columns=["sum_z", "sum_y", "sum_x"])
    voxels["object"] = objects[tuple(inside.T)]
    voxels["supervoxel"] = others[tuple(inside.T)]
    for axis, name in enumerate("zyx"):
        voxels[f"bin_{name}"] = inside[:, axis] // bins[axis]
    keys = list(PARTIAL_POINTS.keys)
    expected = voxels.assign(voxel_count=1).groupby(keys, as_index=False).sum()
    tables, points = overlap_tables(objects, others, objects.shape, bins)
    columns = PARTIAL_POINTS.columns
    assert_frame_equal(points, expected[columns], check_dtype=False)
    assert tables["voxel_count"].sum() == len(inside)


@given(labels, block_shapes)
def test_any_blocks_give_the_same_overlaps(objects, block_shape):
    others = np.roll(objects, 1, axis=2)
    whole = overlap_tables(objects, others, objects.shape)
    parts = overlap_tables(objects, others, block_shape)
    for one, other in zip(parts, whole):
        assert_frame_equal(one, other)


def test_bounds_of_objects():
    objects = np.zeros((3, 4, 20), "u8")
    objects[1:, 2, 5:9] = 2**63 + 1
    table, _ = overlap_tables(objects, objects, (2, 2, 6))
    assert rows(table) == [(2**63 + 1, 8, 1, 2, 5, 3, 3, 9)]


def test_points_are_means_of_bins_in_nm():
    objects = np.zeros((4, 3, 8), "u8")
    objects[0, 0, :6] = 7
    supervoxels = np.full_like(objects, 9)
    _, partial = overlap_tables(objects, supervoxels, (4, 3, 3))
    points = merge_points(partial, SIZE)
    as_table(points, POINTS)
    assert points["x_nm"].tolist() == [20.0, 50.0]
    assert points["voxel_count"].tolist() == [4, 2]
    assert (points["z_nm"] == 12.5).all()
    assert rows(merge_overlaps(points)) == [(7, 9, 6)]


def test_bins_are_whole_voxels():
    assert point_bins((25, 10, 10)) == (2, 6, 6)
    assert point_bins((90, 200, 60)) == (1, 1, 1)


def test_tables_grow_with_the_number_of_ids(monkeypatch):
    monkeypatch.setattr(properties, "ROWS", 4)
    ids = np.arange(1, 2001, dtype="u8").reshape(10, 50, 4) << np.uint64(50)
    table = supervoxel_table(ids, (3, 50, 4))
    assert table["supervoxel"].tolist() == sorted(ids.ravel().tolist())
    assert (table["voxel_count"] == 1).all()
    objects, points = overlap_tables(ids, ids, (3, 50, 4))
    assert len(objects) == len(points) == 2000


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 4)])
def test_nothing_gives_empty_tables(shape):
    empty = np.zeros(shape, "u8")
    assert supervoxel_table(empty, shape).empty
    objects, points = overlap_tables(empty, empty, shape)
    assert objects.empty
    assert points.empty


def test_one_voxel():
    ids = np.full((1, 1, 1), 2**64 - 1, "u8")
    table = supervoxel_table(ids, (1, 1, 1))
    assert rows(table) == [(2**64 - 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0)]
