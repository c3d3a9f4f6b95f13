"""Scores of segmentations: scikit-image's values, and runs of cables made by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import adapted_rand_error, variation_of_information

from neuropil.evaluation.segmentations import (
    compare_chunk,
    fill_outside,
    list_places,
    list_runs,
    score_overlaps,
    score_runs,
    score_segmentation,
)
from neuropil.grid import Box, tile
from neuropil.schemas.segmentations import NODES, OVERLAPS
from neuropil.skeletons.store import Skeleton, read_skeletons, write_skeletons
from neuropil.storage import as_table
from neuropil.volumes.base import Volume

SIZE_NM = (40.0, 10.0, 10.0)
LARGE = 2**63


def as_volume(labels):
    def load(box):
        return labels[box.slices]

    return Volume("v", labels.shape, labels.dtype, SIZE_NM, (0.0, 0.0, 0.0), load)


def cable(places, edges):
    count = len(places)
    columns = (places, "f4"), (edges, "u4"), ([50] * count, "f4"), ([0] * count, "u4")
    return Skeleton(*(np.array(*column) for column in columns))


def straight(count, step_nm=100):
    """A cable along x."""
    places = [(20, 5, 5 + step_nm * i) for i in range(count)]
    return cable(places, [(i, i + 1) for i in range(count - 1)])


def compare(cells, segments, skeletons=(), chunks=None):
    """Overlaps and nodes of a volume whose supervoxels are its cells."""
    names = np.unique(cells[cells > 0]).astype("u8")
    membership = pd.DataFrame({"supervoxel": names, "cell": names})
    volumes = as_volume(cells.astype("u8")), as_volume(segments.astype("u8"))
    places = list_places(skeletons)
    parts = [
        compare_chunk(volumes, membership, places, core, (3, 5, 4), 1)
        for core in tile(Box.of(cells.shape), chunks or cells.shape)
    ]
    for overlaps, nodes in parts:
        as_table(overlaps, OVERLAPS)
        as_table(nodes, NODES)
    return [pd.concat(tables) for tables in zip(*parts)]


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, (4, 4, 9), (1, 7, 5)]))
def test_overlaps_are_scored_as_scikit_image_does(seed, chunks):
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 4, (6, 9, 10)).astype("u8")
    segments = np.where(rng.random(cells.shape) < 0.7, cells, rng.integers(0, 9))
    segments = segments.astype("u8") * np.uint64(LARGE // 4)
    scores = score_segmentation(*compare(cells, segments, chunks=chunks), {})
    both = (cells > 0) & (segments > 0)
    small = np.unique(segments, return_inverse=True)[1].reshape(cells.shape)
    true, found = cells[both].astype(int), small[both]
    if len(true):
        split, merge = variation_of_information(true, found)
        assert scores["voi_split"] == pytest.approx(split, abs=1e-9)
        assert scores["voi_merge"] == pytest.approx(merge, abs=1e-9)
    if len(true) > 1:
        error = adapted_rand_error(true, found, ignore_labels=())[0]
        assert scores["adapted_rand_error"] == pytest.approx(error, abs=1e-9)


def test_equal_segmentations_are_perfect():
    table = pd.DataFrame({"cell": [1, 2], "segment": [9, 5], "voxel_count": [3, 8]})
    assert set(score_overlaps(table).values()) == {0}
    assert set(score_overlaps(table[:0]).values()) == {0}


def score(skeletons, segments):
    runs = [
        list_runs(cell, skeleton, np.array(segment, "u8"))
        for (cell, skeleton), segment in zip(skeletons.items(), segments)
    ]
    return score_runs(pd.concat(runs))


def test_a_run_ends_where_the_segment_does():
    scores = score({1: straight(11)}, [[7] * 6 + [8] * 5])
    # 500 nm in one, 400 nm in the other, 100 nm between them.
    assert scores["erl_um"] == pytest.approx((0.5**2 + 0.4**2) / 1.0)
    assert scores["erl_limit_um"] == pytest.approx(1.0)
    assert scores["merger_count"] == 0


def test_a_segment_that_comes_back_is_two_runs():
    scores = score({1: straight(11)}, [[7] * 5 + [0] + [7] * 5])
    assert scores["erl_um"] == pytest.approx(2 * 0.4**2)


def test_what_merges_two_cells_counts_nothing():
    skeletons = {1: straight(11), LARGE: straight(11)}
    scores = score(skeletons, [[7] * 11, [7] * 8 + [9] * 3])
    assert scores["merger_count"] == 1
    assert scores["erl_um"] == pytest.approx(0.2**2 / 2.0)
    assert scores["merged_share"] == pytest.approx((1.0 + 0.7) / 2)
    # Not more than 500 nm of the second cell are no merger.
    scores = score(skeletons, [[7] * 11, [7] * 6 + [9] * 5])
    assert scores["merger_count"] == 0
    assert scores["erl_um"] == pytest.approx((1 + 0.5**2 + 0.4**2) / 2)


def test_nodes_outside_of_their_cell_take_the_segment_before():
    nodes = pd.DataFrame(
        {"node": [0, 1, 2, 3], "is_inside": [True, False, True, False]}
    )
    nodes["segment"] = np.array([5, 6, 7, 8], "u8")
    tree = cable([(0, 0, 10 * i) for i in range(5)], [(0, 1), (1, 2), (1, 3), (3, 4)])
    assert fill_outside(tree, nodes).tolist() == [5, 5, 7, 5, 5]
    # No chunk needs to look nodes up that lie where it holds nothing of their cell.
    inside = nodes[nodes["is_inside"]]
    assert fill_outside(tree, inside).tolist() == [5, 5, 7, 5, 5]
    nodes.loc[0, "is_inside"] = False
    assert fill_outside(tree, nodes).tolist() == [0, 0, 7, 0, 0]


def test_skeletons_of_some_cells_are_read(tmp_path):
    path = tmp_path / "00.h5"
    write_skeletons(path, [(3, straight(3)), (LARGE, straight(2))], (1, 1, 1))
    wanted = np.array([LARGE, 99], "u8")
    assert [cell for cell, _ in read_skeletons([path], wanted)] == [LARGE]


@pytest.mark.parametrize("chunks", [None, (4, 4, 6), (2, 9, 7)])
def test_nodes_are_looked_up_in_any_grid(chunks):
    cells = np.zeros((4, 8, 30), "u8")
    cells[:, :4], cells[:, 4:] = 3, LARGE
    segments = np.where(np.arange(30) < 12, np.uint64(1), np.uint64(LARGE + 5))
    segments = np.broadcast_to(segments, cells.shape)
    skeletons = {3: straight(3), LARGE: straight(2)}  # the second lies in cell 3
    _, nodes = compare(cells, segments, skeletons.items(), chunks)
    nodes = nodes.sort_values(["cell", "node"])
    assert nodes["segment"].tolist() == [1, 1, LARGE + 5, 1, 1]
    assert nodes["is_inside"].tolist() == [True] * 3 + [False] * 2
