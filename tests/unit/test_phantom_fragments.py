"""Supervoxels: pieces of cells, the same in any box, joined back by their edges."""

import networkx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from neuropil.grid import Box, tile
from neuropil.phantom.fragments import (
    cell_indices,
    count_fragments,
    edge_reach,
    fragment_cells,
    join_components,
    list_membership,
    merge_fragments,
    score_edges,
)
from neuropil.schemas.phantom_fragments import AGGLOMERATION_EDGES, FRAGMENT_COUNTS
from phantom_toy import toy_fields, toy_settings, toy_tissue

SHAPE, SIZE = (24, 80, 76), (20.0, 10.0, 10.0)


class Scene:
    def __init__(self):
        self.phantom = toy_settings()
        self.phantom["fragments"].update(piece_nm=300, bend_nm=40)
        self.tissue = toy_tissue(self.phantom, SHAPE, SIZE, seed=8)
        self.box = Box.of(SHAPE)
        self.reach = edge_reach(SIZE, self.phantom)
        self.outer = self.box.grow(0, self.reach)
        self.cell = toy_fields(self.tissue, self.outer).cell
        # Nothing meets across the end of the dataset, whatever the halo holds.
        self.cell[SHAPE[0] :] = 0
        self.cell[:, SHAPE[1] :] = 0
        self.cell[:, :, SHAPE[2] :] = 0
        self.labels = fragment_cells(self.cell, self.outer, self.tissue)
        self.counts = count_fragments(self.labels, SHAPE)


@pytest.fixture(scope="module")
def scene():
    return Scene()


def brute_counts(labels, core_shape, gap):
    """Table of counts, voxel by voxel."""
    rows = []
    for start in np.ndindex(*core_shape):
        one = labels[start]
        if not one:
            continue
        rows.append((one, one))
        for axis in range(3):
            place = list(start)
            for _ in range(gap[axis]):
                place[axis] += 1
                inside = all(p < n for p, n in zip(place, labels.shape))
                if inside and labels[tuple(place)]:
                    two = labels[tuple(place)]
                    if one != two:
                        rows.append((min(one, two), max(one, two)))
                    break
    frame = pd.DataFrame(rows, columns=["supervoxel_a", "supervoxel_b"], dtype="u8")
    return frame.groupby(list(frame), as_index=False).size()


@settings(max_examples=10)
@given(block=st.tuples(st.integers(3, 25), st.integers(9, 61), st.integers(9, 61)))
def test_any_split_gives_identical_supervoxels_and_counts(scene, block):
    parts = []
    for part in tile(scene.box, block):
        around = part.grow(0, scene.reach)
        labels = fragment_cells(
            scene.cell[around.within(scene.outer)], around, scene.tissue
        )
        expected = scene.labels[around.within(scene.outer)]
        np.testing.assert_array_equal(labels, expected)
        parts.append(count_fragments(labels, part.shape))
    assert_frame_equal(merge_fragments(parts), scene.counts)
    assert_frame_equal(merge_fragments(reversed(parts)), scene.counts)


def test_ids_are_large_unique_and_tell_their_cell(scene):
    inside = scene.cell > 0
    assert ((scene.labels == 0) == ~inside).all()
    assert scene.labels[inside].min() > 2**32
    assert scene.labels.max() < 2**63
    np.testing.assert_array_equal(
        cell_indices(scene.labels[inside]), scene.cell[inside]
    )


def test_cells_of_large_index_keep_their_pieces_apart():
    tissue = toy_tissue(toy_settings(), SHAPE, SIZE)
    cell = np.full((8, 8, 300), 2**32 - 1, np.uint32)
    cell[4:] = 2**31
    box = Box.of(cell.shape, (0, 50_000, 90_000))
    labels = fragment_cells(cell, box, tissue)
    np.testing.assert_array_equal(cell_indices(labels), cell)


def test_pieces_have_about_the_size_asked_for():
    tissue = toy_tissue(toy_settings(), SHAPE, SIZE)
    tissue.settings["fragments"]["piece_nm"] = 400
    cell = np.ones((80, 160, 160), np.uint32)  # four pieces a side
    labels = fragment_cells(cell, Box.of(cell.shape), tissue)
    pieces = len(np.unique(labels))
    assert 4**3 < pieces < 6**3


@given(
    labels=st.integers(0, 2**20).map(
        lambda s: np.random.default_rng(s).choice(
            np.array([0, 0, 3, 2**62 + 5, 2**63 + 9], "u8"), (4, 5, 6)
        )
    ),
    gap=st.tuples(*[st.integers(0, 2)] * 3),
)
def test_counts_equal_brute_force(labels, gap):
    core = tuple(n - g for n, g in zip(labels.shape, gap))
    actual = count_fragments(labels, core)
    expected = brute_counts(labels, core, gap)
    np.testing.assert_array_equal(actual.to_numpy(), expected.to_numpy())


def test_table_grows_with_many_supervoxels():
    labels = np.arange(1, 40**3 + 1, dtype="u8").reshape(40, 40, 40)
    counts = count_fragments(labels, (39, 39, 39))
    own = counts["supervoxel_a"] == counts["supervoxel_b"]
    assert own.sum() == 39**3
    assert (~own).sum() == 3 * 39**3


def test_threshold_gives_back_the_cells(scene):
    edges = score_edges(scene.counts, scene.tissue)
    members = list_membership(scene.counts, scene.tissue)
    assert list(edges.columns) == AGGLOMERATION_EDGES.columns
    graph = networkx.Graph()
    graph.add_nodes_from(members["supervoxel"])
    joined = edges[edges["score"] > 0.5]
    graph.add_edges_from(joined[["supervoxel_a", "supervoxel_b"]].to_numpy())
    found = {frozenset(part) for part in networkx.connected_components(graph)}
    groups = members.groupby("cell")["supervoxel"]
    assert found == {frozenset(group) for _, group in groups}
    assert len(edges) > len(joined) > 10
    assert edges["score"].between(0, 1).all()


def test_membership_lists_every_supervoxel(scene):
    members = list_membership(scene.counts, scene.tissue).set_index("supervoxel")
    inside = scene.cell > 0
    names = members.loc[scene.labels[inside], "cell"].to_numpy()
    cells = scene.tissue.cells["cell"].to_numpy()
    np.testing.assert_array_equal(names, cells[scene.cell[inside].astype(int) - 1])
    assert set(members.index) == set(np.unique(scene.labels)) - {0}


@pytest.mark.parametrize(("split", "merge"), [(0.2, 0.0), (0.0, 0.1), (0.3, 0.3)])
def test_errors_are_as_often_as_asked(scene, split, merge):
    random = np.random.default_rng(0)
    cell = random.integers(1, 50, 20_000).astype(np.uint32)
    labels = fragment_cells(
        cell[:, None, None].repeat(2, 1), Box.of((20_000, 2, 1)), scene.tissue
    )
    own = np.unique(labels)
    pairs = np.sort(random.choice(own, (40_000, 2)), axis=1)
    pairs = np.unique(np.concatenate([pairs, np.stack([own, own], 1)]), axis=0)
    counts = pd.DataFrame(pairs, columns=["supervoxel_a", "supervoxel_b"])
    counts["count"] = 1
    settings = scene.tissue.settings["fragments"]
    settings.update(split_errors=split, merge_errors=merge)
    edges = score_edges(counts, scene.tissue)
    settings.update(split_errors=0, merge_errors=0)
    one, two = (cell_indices(edges[c]) for c in ("supervoxel_a", "supervoxel_b"))
    joined = edges["score"].to_numpy() > 0.5
    assert abs((~joined[one == two]).mean() - split) < 0.06
    assert abs(joined[one != two].mean() - merge) < 0.02


def test_components_are_chained_within_cells_only():
    cell = np.array([[[5, 0, 5, 0, 9, 0, 5]]], np.uint32)
    settings = toy_settings()
    settings["fragments"].update(piece_nm=10, bend_nm=0)
    tissue = toy_tissue(settings, (1, 1, 7), (10.0, 10.0, 10.0))
    labels = fragment_cells(cell, Box.of(cell.shape), tissue)
    own = np.unique(labels[labels > 0])
    links = join_components(own, np.zeros((0, 2), "u8"))
    assert (cell_indices(links[:, 0]) == 5).all()
    assert (cell_indices(links[:, 1]) == 5).all()
    assert len(links) == len(own) - 2


def test_empty_volume(scene):
    empty = np.zeros((4, 5, 6), np.uint32)
    labels = fragment_cells(empty, Box.of(empty.shape), scene.tissue)
    assert not labels.any()
    counts = count_fragments(labels, (3, 4, 5))
    assert counts.empty
    assert list(merge_fragments([counts]).columns) == FRAGMENT_COUNTS.columns
    assert score_edges(merge_fragments([]), scene.tissue).empty
    assert list_membership(merge_fragments([]), scene.tissue).empty


def test_one_voxel(scene):
    labels = fragment_cells(np.ones((1, 1, 1), "u4"), Box.of((1, 1, 1)), scene.tissue)
    counts = count_fragments(labels, (1, 1, 1))
    assert counts["count"].tolist() == [1]
