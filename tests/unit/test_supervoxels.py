"""Supervoxels: as a plain watershed over voxels gives them, for any chunks."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from test_basins import canonical
from test_instances import as_volume

from neuropil.blocks import map_blocks
from neuropil.cells import join_supervoxels
from neuropil.grid import Box, Grid
from neuropil.instances import BasinFile, save_basins
from neuropil.kernels.linkage import find_quantile
from neuropil.segmentation.edges import (
    add_up_edges,
    extract_edges,
    link_cells,
    measure_edges,
    merge_edges,
)
from neuropil.segmentation.relief import Relief, bell_taps
from neuropil.segmentation.supervoxels import (
    Recipe,
    label_supervoxels,
    link_supervoxels,
    write_supervoxels,
)

SIZE = (25.0, 10.0, 10.0)
SETTINGS = {
    "sections": False,
    "smooth_nm": 10,
    "threshold": 0.5,
    "membrane_nm": 30,
    "cap_nm": 80,
    "map_nm": 60,
    "depth_nm": 12,
    "least_um3": 40 * 2.5e-6,  # 40 voxels
}


def make_map(shape, seed=0, sigma=1.5):
    """Noise like a map of membranes: thin high sheets around low cells."""
    noise = np.random.default_rng(seed).normal(size=shape)
    noise = ndimage.gaussian_filter(noise, np.minimum(sigma, np.array(shape) / 4))
    return np.uint8(255 * np.exp(-np.abs(noise / noise.std()) * 2))


def segment(values, folder, chunk_shape=None, block_shape=None, threads=1, **options):
    """Run all steps over all chunks: the (Z, Y, X) uint64 supervoxels."""
    volume = as_volume(values, SIZE)
    given = {**SETTINGS, **options}
    recipe = Recipe.of(given, SIZE)
    grid = Grid(volume.box, chunk_shape or values.shape)
    block_shape = recipe.block_shape(block_shape or values.shape)
    files, labels = [], np.zeros(values.shape, "u4")

    def walk_of(core):
        return partial(map_blocks, box=core, block_shape=block_shape, threads=threads)

    def write_labels(box, array):
        labels[box.slices] = array

    for chunk in grid.chunks:
        core = grid.core(chunk)
        tables = label_supervoxels(volume, recipe, core, walk_of(core), write_labels)
        files.append(BasinFile(folder / f"{chunk}.h5"))
        save_basins(tables, files[-1].path)
    links = link_supervoxels(files, grid, recipe, given["least_um3"])
    out = np.zeros(values.shape, np.uint64)

    def write(box, array):
        out[box.slices] = array

    for chunk in grid.chunks:
        own = links[links["chunk"] == chunk]
        read = lambda box: labels[box.slices]  # noqa: E731
        write_supervoxels(read, own, walk_of(grid.core(chunk)), write)
    return out


def find(parent, item):
    while parent[item] != item:
        item = parent[item]
    return item


def plain_edges(height):
    """Edges between voxels, highest first: (level, lower voxel, higher voxel)."""
    flat = height.ravel().astype(int)
    index = np.arange(flat.size).reshape(height.shape)
    rows = []
    for axis in range(3):
        ends = [
            np.take(index, range(n, height.shape[axis] - 1 + n), axis) for n in (0, 1)
        ]
        for i, j in zip(*(e.ravel().tolist() for e in ends)):
            if flat[i] == 0 or flat[j] == 0:
                continue
            low, top, way = (i, j, 5 - axis) if flat[i] < flat[j] else (j, i, axis)
            rows.append((-flat[low], low, -flat[top], way, top))
    return [(-level, low, top) for level, low, _, _, top in sorted(rows)]


def plain_watershed(height, depth, least):
    """Flood voxel by voxel; what meets at a shallow saddle is one supervoxel."""
    top = height.ravel().astype(int)
    flood, group = list(range(top.size)), list(range(top.size))
    total, left = [1] * top.size, []
    for level, low, high in plain_edges(height):
        a, b = find(flood, low), find(flood, high)
        if a == b:
            continue
        shallow = min(top[a], top[b]) - level < depth
        flood[b], top[a] = a, max(top[a], top[b])
        a, b = find(group, low), find(group, high)
        if shallow:
            group[b], total[a] = a, total[a] + total[b]
        else:
            left.append((low, high))
    for low, high in left:
        a, b = find(group, low), find(group, high)
        if min(total[a], total[b]) < least:
            group[b], total[a] = a, total[a] + total[b]
    names = np.array([find(group, i) + 1 for i in range(top.size)])
    return np.where(height > 0, names.reshape(height.shape), 0)


@pytest.mark.parametrize("options", [{}, {"depth_nm": 0}, {"least_um3": 0}])
def test_they_are_those_of_a_plain_watershed(options, tmp_path):
    values = make_map((9, 24, 26))
    given = {**SETTINGS, **options}
    recipe, least = Recipe.of(given, SIZE), round(given["least_um3"] / 2.5e-6)
    height = recipe.relief.measure(values, (slice(None),) * 3)
    expected = plain_watershed(height, recipe.depth, least)
    found = segment(values, tmp_path, **options)
    assert found.max() > 5
    np.testing.assert_array_equal(found, canonical(expected))


def test_sections_are_flooded_by_themselves(tmp_path):
    values = make_map((5, 24, 26))
    recipe = Recipe.of({**SETTINGS, "sections": True}, SIZE)
    found = segment(values, tmp_path, sections=True)
    last = 0
    for z in range(len(values)):
        height = recipe.relief.measure(values[z : z + 1], (slice(None),) * 3)
        expected = canonical(plain_watershed(height, recipe.depth, 40))
        expected[expected > 0] += last
        np.testing.assert_array_equal(found[z : z + 1], expected)
        last = int(found[z].max())


@settings(max_examples=25)
@given(
    chunk=st.tuples(st.integers(3, 12), st.integers(7, 30), st.integers(7, 34)),
    block=st.tuples(st.integers(2, 12), st.integers(5, 30), st.integers(5, 34)),
    seed=st.integers(0, 3),
    sections=st.booleans(),
)
def test_any_chunks_and_blocks_give_the_same(
    chunk, block, seed, sections, tmp_path_factory
):
    values = make_map((12, 30, 34), seed)
    folder = tmp_path_factory.mktemp("grid")
    whole = segment(values, folder, sections=sections)
    parts = segment(values, folder, chunk, block, threads=2, sections=sections)
    np.testing.assert_array_equal(parts, whole)


def test_heights_are_distances_and_what_the_map_says():
    recipe = Recipe.of({**SETTINGS, "smooth_nm": 0}, SIZE)
    values = np.where(np.arange(40) == 20, 255, 0).astype("u1")
    values = np.broadcast_to(values, (3, 5, 40)).copy()
    height = recipe.relief.measure(values, (slice(None),) * 3)[1, 2]
    assert height[20] == 1
    assert height[17] == 1 + 4 * 30 + 4 * 60
    assert height[2] == 1 + 4 * 80 + 4 * 60  # no more than cap_nm


def test_what_is_far_from_any_cell_is_background(tmp_path):
    values = np.full((5, 40, 40), 255, "u1")
    values[:, :, :10] = 0
    found = segment(values, tmp_path, smooth_nm=0, membrane_nm=30, least_um3=0)
    assert (found[:, :, :13] == 1).all()
    assert not found[:, :, 13:].any()


def test_a_volume_without_any_inside_has_no_supervoxels(tmp_path):
    values = np.full((4, 20, 20), 255, "u1")
    assert not segment(values, tmp_path, (2, 10, 10)).any()


def test_small_ones_join_a_neighbour(tmp_path):
    values = make_map((9, 24, 26))
    few = segment(values, tmp_path, least_um3=400 * 2.5e-6)
    counts = np.bincount(few.ravel().astype(int))[1:]
    many = segment(values, tmp_path, least_um3=0)
    assert few.max() < many.max()
    touching = ndimage.label(few > 0)[0]
    for name in np.flatnonzero(counts < 400) + 1:  # nothing is beside it
        part = touching[few == name][0]
        assert set(few[touching == part]) == {name}


def test_the_halo_is_as_far_as_a_height_looks():
    relief = Recipe.of(SETTINGS, SIZE).relief
    values = make_map((40, 60, 64), 2)
    whole = relief.measure(values, (slice(None),) * 3)
    part = Box((14, 22, 23), (20, 37, 40))
    read = part.grow(relief.halo).intersect(Box.of(values.shape))
    assert read != Box.of(values.shape)
    found = relief.measure(values[read.slices], part.within(read))
    np.testing.assert_array_equal(found, whole[part.slices])


def test_the_filter_is_a_gaussian_of_whole_numbers():
    values = make_map((20, 30, 34), 3, sigma=1)
    relief = Relief.of({**SETTINGS, "smooth_nm": 20}, SIZE)
    smooth = relief.smooth(values) / 64
    plain = ndimage.gaussian_filter(values.astype(float), [0.8, 2, 2], mode="nearest")
    assert np.abs(smooth - plain).max() < 2
    for sigma in (0.2, 0.5, 3):
        assert bell_taps(sigma).sum() == 4096


def plain_faces(labels, values):
    """Values of the map at the faces of each pair, by axis."""
    found = {}
    for axis in range(3):
        ends = [
            [
                np.take(a, range(n, a.shape[axis] - 1 + n), axis)
                for a in (labels, values)
            ]
            for n in (0, 1)
        ]
        for a, p, b, q in zip(*(e.ravel().tolist() for pair in ends for e in pair)):
            if a != b and a and b:
                key = (min(a, b), max(a, b))
                found.setdefault(key, []).append((axis, max(p, q)))
    return found


@pytest.mark.parametrize("block", [(12, 30, 34), (5, 7, 11)])
def test_edges_hold_every_face_once(block):
    values = make_map((12, 30, 34))
    labels = np.random.default_rng(0).integers(0, 9, (4, 6, 7)).astype(np.uint64)
    labels = (labels + (labels > 0) * np.uint64(2**63)).repeat(3, 0).repeat(5, 1)
    labels = labels.repeat(5, 2)[:, :, :34]
    volumes = as_volume(labels), as_volume(values)
    grid = Grid(volumes[0].box, (6, 16, 34))
    parts = [
        extract_edges(
            *volumes,
            partial(map_blocks, box=grid.core(c), block_shape=block, threads=1),
        )
        for c in grid.chunks
    ]
    edges = measure_edges(add_up_edges(parts), SIZE, "q50")
    expected = plain_faces(labels, values)
    pairs = edges[["supervoxel_a", "supervoxel_b"]].to_numpy().tolist()
    assert [tuple(pair) for pair in pairs] == sorted(expected)
    for row, key in zip(edges.itertuples(), sorted(expected)):
        axes, held = map(np.array, zip(*expected[key]))
        faces = [(axes == axis).sum() for axis in range(3)]
        assert [row.faces_z, row.faces_y, row.faces_x] == faces
        areas = np.dot(faces, [100, 250, 250]) * 1e-6
        assert row.area_um2 == pytest.approx(areas)
        assert row.mean == pytest.approx(held.mean() / 255)
        assert row.q20 == pytest.approx(np.quantile(held, 0.2) / 255, abs=0.1)
        assert row.score == 1 - row.q50


def test_across_sections_overlaps_count():
    labels = np.zeros((2, 10, 20), "u8")
    labels[0, :, :10], labels[0, :, 10:] = 1, 2
    labels[1, :, :14], labels[1, :, 14:] = 3, 4
    values = np.zeros(labels.shape, "u1")
    values[:, :2] = 255
    volumes = as_volume(labels), as_volume(values)
    walk = partial(map_blocks, box=volumes[0].box, block_shape=(2, 10, 20), threads=1)
    found, counts = np.unique(labels, return_counts=True)
    table = pd.DataFrame({"supervoxel": found, "voxel_count": counts})
    sums = merge_edges([extract_edges(*volumes, walk)], [table])
    edges = measure_edges(sums, SIZE, "q20")
    edges = edges.set_index(["supervoxel_a", "supervoxel_b"])
    # 1 lies in 3 whole, 4 in 2, and 40 % of 2 in 3; a fifth of all is membrane.
    assert edges.loc[(1, 3), "mean"] == pytest.approx(0.2)
    assert edges.loc[(2, 4), "mean"] == pytest.approx(0.2)
    assert edges.loc[(2, 3), "mean"] == pytest.approx(0.6)
    assert edges.loc[(2, 3), "score"] < 0.45 < edges.loc[(1, 3), "score"]
    assert edges.loc[(1, 2), "mean"] == pytest.approx(0.2)  # in a section, the map
    assert edges.loc[(1, 2), "q20"] < 0.1


def test_every_voxel_may_be_a_supervoxel():
    shape = (4, 45, 61)
    labels = np.random.default_rng(0).permutation(np.prod(shape)).reshape(shape)
    volumes = as_volume(labels.astype("u8")), as_volume(np.ones(shape, "u1"))
    walk = partial(map_blocks, box=volumes[0].box, block_shape=shape, threads=1)
    edges = measure_edges(extract_edges(*volumes, walk), SIZE, "mean")
    expected = plain_faces(labels, volumes[1].read(volumes[1].box))
    assert len(edges) == len(expected) == edges.filter(like="faces").sum().sum()


def test_edges_of_nothing_are_a_table_without_rows():
    values = np.zeros((4, 8, 8), "u1")
    volumes = as_volume(values.astype("u8")), as_volume(values)
    walk = partial(map_blocks, box=volumes[0].box, block_shape=(4, 8, 8), threads=1)
    edges = measure_edges(extract_edges(*volumes, walk), SIZE, "mean")
    assert edges.empty
    assert edges["supervoxel_a"].dtype == np.uint64


def test_a_quantile_of_bins_is_near_that_of_values():
    values = np.random.default_rng(1).beta(2, 5, 4000)
    bins = np.histogram(values, 16, (0, 1))[0]
    for share in (0.25, 0.5, 0.75):
        assert find_quantile(bins, share) == pytest.approx(
            np.quantile(values, share), abs=0.01
        )


def make_sums(count, seed):
    """Sums of edges of a random graph, of supervoxels with large ids."""
    random = np.random.default_rng(seed)
    ends = np.argwhere(np.triu(random.random((count, count)) < 0.35, 1))
    names = np.sort(random.choice(2**62, count, replace=False)).astype(np.uint64) * 2
    bins = random.integers(0, 4, (len(ends), 16))
    bins[:, 3] += 1
    table = pd.DataFrame(names[ends], columns=["supervoxel_a", "supervoxel_b"])
    for axis, share in zip("zyx", (2, 3, 4)):
        table[f"faces_{axis}"] = bins.sum(axis=1) // share
    table["faces_x"] = bins.sum(axis=1) - table["faces_z"] - table["faces_y"]
    table["map_sum"] = (bins * (np.arange(16) * 16 + 7)).sum(axis=1)
    return table.join(pd.DataFrame(bins, columns=[f"bin_{k}" for k in range(16)]))


def plain_cost(row, score):
    if score == "mean":
        return row[3] / row[:3].sum() / 255
    below, wanted = np.cumsum(row[4:]), int(score[1:]) / 100 * row[4:].sum()
    k = int(np.argmax((below >= wanted) & (row[4:] > 0)))
    return (k + (wanted - below[k] + row[4 + k]) / row[4 + k]) / 16


def plain_joins(sums, score):
    """Join the best edge, add up, measure all edges anew; of equal ones the first."""
    rows = enumerate(sums.to_numpy("O"))
    edges = {(int(r[0]), int(r[1])): (np.array(r[2:], float), k) for k, r in rows}
    joins, worst = [], 0.0
    while edges:
        costs = {p: (plain_cost(row, score), k) for p, (row, k) in edges.items()}
        a, b = min(costs, key=costs.get)
        worst = max(worst, costs[a, b][0])
        del edges[a, b]
        joins.append((a, b, 1 - worst))
        for pair in [pair for pair in edges if b in pair]:
            other = pair[0] if pair[1] == b else pair[1]
            key = (min(a, other), max(a, other))
            row, number = edges.pop(pair)
            there, first = edges.get(key, (0, number))
            edges[key] = (there + row, min(first, number))
    return joins


@pytest.mark.parametrize("score", ["mean", "q20", "q50"])
@pytest.mark.parametrize("seed", range(4))
def test_cells_are_joined_best_edge_first(score, seed):
    sums = make_sums(18, seed)
    joins = link_cells(sums.sample(frac=1, random_state=seed), score)
    expected = plain_joins(sums, score)
    assert joins["score"].is_monotonic_decreasing
    for threshold in (0.3, 0.45, 0.5, 0.55, 0.7):
        found = join_supervoxels(joins, threshold)
        kept = [pair[:2] for pair in expected if pair[2] >= threshold]
        wanted = join_supervoxels(
            pd.DataFrame(kept, columns=["supervoxel_a", "supervoxel_b"])
            .astype("u8")
            .assign(score=1.0),
            threshold,
        )
        pd.testing.assert_frame_equal(found, wanted)
    assert len(joins) == len(expected)
    assert joins["score"].tolist() == pytest.approx([score for *_, score in expected])


def test_without_edges_there_are_no_joins():
    joins = link_cells(make_sums(5, 0)[:0], "q20")
    assert joins.empty
    assert list(joins.columns) == ["supervoxel_a", "supervoxel_b", "score"]
