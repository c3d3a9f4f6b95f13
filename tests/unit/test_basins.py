import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuropil.basins import (
    BasinTables,
    Forest,
    contract,
    count_on,
    highest,
    join_basins,
    make_rows,
    tabulate_basins,
)
from neuropil.grid import Box, tile
from neuropil.kernels.basins import label_basins
from neuropil.schemas.organelles import BASINS, SADDLES

STEPS = [(-1, 0, 0), (0, -1, 0), (0, 0, -1), (0, 0, 1), (0, 1, 0), (1, 0, 0)]
levels = arrays(
    "i4",
    st.tuples(*[st.integers(1, 5)] * 3),
    elements=st.sampled_from([0, 0, 1, 2, 3, 4, 5]),
)
block_shapes = st.tuples(*[st.integers(2, 4)] * 3)


def plain_forest(level, seed_level, min_seed):
    """Grow the forest voxel by voxel, highest edge first: the definition."""
    voxels = [tuple(v) for v in np.argwhere(level > 0)]
    flat = {v: np.ravel_multi_index(v, level.shape) for v in voxels}
    parent = {v: v for v in voxels}

    def root(v):
        while parent[v] != v:
            v = parent[v]
        return v

    edges = []
    for v, step in itertools.product(voxels, STEPS):
        w = tuple(a + d for a, d in zip(v, step))
        if w in flat and (level[w], -flat[w]) > (level[v], -flat[v]):
            edges.append((level[v], -flat[v], level[w], -flat[w], v, w))
    edges.sort(reverse=True)
    for edge in edges:
        if edge[0] > seed_level:
            parent[root(edge[4])] = root(edge[5])
    sizes = {}
    for v in voxels:
        if level[v] > seed_level:
            sizes[root(v)] = sizes.get(root(v), 0) + 1
    kept = {r for r, n in sizes.items() if n >= min_seed}
    for *_, v, w in edges:
        a, b = root(v), root(w)
        if a == b or (a in kept and b in kept):
            continue
        if a in kept:
            a, b = b, a
        parent[a] = b
    out = np.zeros(level.shape, int)
    number = {}
    for v in voxels:
        if root(v) in kept:
            out[v] = number.setdefault(root(v), len(number) + 1)
    return out


def canonical(labels):
    """Number labels by their first voxel."""
    values, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(values.size, int)
    order = [i for i in np.argsort(first) if values[i] != 0]
    rank[values == 0] = 0
    rank[order] = np.arange(1, len(order) + 1)
    return rank[inverse].reshape(labels.shape)


def label_boxes(level, box, block_shape, forest):
    """Label a box of a volume of levels in blocks; tables and labels of the box."""
    padded = np.pad(level, 1)
    parts, labels, count = [], np.zeros(box.shape, int), 0
    for block in tile(box, block_shape):
        ring = block.grow(1)
        around = np.ascontiguousarray(padded[ring.shift((1, 1, 1)).slices])
        mine, tables = tabulate_basins(around, ring, forest)
        parts.append(BasinTables(*(count_on(t, count) for t in tables)))
        mine = mine[block.within(ring)].astype(int)
        labels[block.within(box)] = np.where(mine, mine + count, 0)
        count += len(tables.basins)
    group, tables = join_basins(parts, box, forest)
    return np.concatenate([[0], group])[labels], tables


def whole_forest(level, block_shape, seed_level, min_seed, chunk_shape=None):
    """Label a volume in chunks and blocks, joined twice; labels and basins."""
    whole, forest = Box.of(level.shape), Forest(seed_level, min_seed, level.shape)
    parts, labels, count = [], np.zeros(level.shape, int), 0
    for chunk in tile(whole, chunk_shape or level.shape):
        mine, tables = label_boxes(level, chunk, block_shape, forest)
        parts.append(BasinTables(*(count_on(t, count) for t in tables)))
        labels[chunk.slices] = np.where(mine, mine + count, 0)
        count += len(tables.basins)
    group, tables = join_basins(parts, whole, forest)
    assert not tables.rim.size
    assert not tables.saddles.size
    return np.concatenate([[0], group])[labels].astype(int), tables.basins


@given(levels, st.integers(0, 4), st.integers(1, 4))
def test_one_block_is_the_plain_forest(level, seed_level, min_seed):
    labels, _ = whole_forest(level, level.shape, seed_level, min_seed)
    expected = plain_forest(level, seed_level, min_seed)
    np.testing.assert_array_equal(canonical(labels), expected)


@given(levels, block_shapes, block_shapes, st.integers(0, 4), st.integers(1, 4))
def test_any_grid_and_blocks_give_the_same_forest(
    level, block_shape, chunk_shape, seed_level, min_seed
):
    whole, basins = whole_forest(level, level.shape, seed_level, min_seed)
    labels, parts = whole_forest(level, block_shape, seed_level, min_seed, chunk_shape)
    np.testing.assert_array_equal(canonical(labels), canonical(whole))
    for name in ("first_index", "voxel_count", "depth", "deepest_index"):
        one, other = (t[name][np.argsort(t["first_index"])] for t in (basins, parts))
        np.testing.assert_array_equal(one, other)


@given(levels, st.integers(0, 4))
def test_tallies_are_those_of_the_labels(level, seed_level):
    labels, basins = whole_forest(level, (2, 3, 2), seed_level, 1)
    assert sorted(set(labels[labels > 0])) == basins["basin"].tolist()
    for row in basins.view(np.recarray):
        mine = np.flatnonzero(labels == row.basin)
        depth = level.reshape(-1)[mine]
        assert row.voxel_count == mine.size
        assert row.first_index == mine[0]
        assert row.depth == depth.max()
        assert row.deepest_index == mine[depth.argmax()]


def test_a_small_seed_is_flooded_by_its_highest_neighbour():
    level = np.array([[[5, 5, 2, 5, 1, 5, 5]]], "i4")
    labels, _ = whole_forest(level, (1, 1, 2), 3, 2)
    assert canonical(labels).tolist() == [[[1, 1, 1, 1, 1, 2, 2]]]


def test_small_seeds_do_not_add_up_to_a_root():
    level = np.array([[[5, 2, 5, 2, 5]]], "i4")
    labels, basins = whole_forest(level, (1, 1, 5), 3, 2)
    assert not labels.any()
    assert not basins.size


def test_a_seed_cut_by_a_border_counts_in_full():
    level = np.array([[[5, 5, 2, 1, 5]]], "i4")
    labels, _ = whole_forest(level, (1, 1, 1), 3, 2, (1, 1, 1))
    assert labels.tolist() == [[[1, 1, 1, 1, 1]]]


@pytest.mark.parametrize("value", [0, 3])
def test_one_voxel(value):
    labels, basins = whole_forest(np.full((1, 1, 1), value, "i4"), (1, 1, 1), 2, 1)
    assert labels.tolist() == [[[value // 3]]]
    assert len(basins) == value // 3


def test_highest_keeps_one_edge_of_two_basins():
    rows = [(1, 2, 4, 7, 5, 0), (2, 1, 4, 6, 5, 0), (1, 3, 9, 9, 9, 0)]
    edges = make_rows(SADDLES, np.array(rows).T)
    found = highest(edges)
    assert found["index"].tolist() == [9, 6]
    assert found["basin_a"].tolist() == [1, 1]


def test_nothing_joins_to_nothing():
    none = [make_rows(s, [[]] * len(s.fields)) for s in (BASINS, SADDLES)]
    for found in contract(*none, Forest(1, 1, (1, 1, 1))):
        assert found.size == 0


def test_labelling_leaves_its_input():
    level = np.full((3, 3, 3), 2, "i4")
    level.flags.writeable = False
    label_basins(level, 1)
