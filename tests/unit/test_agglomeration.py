"""Agglomerations: tables read exactly, and majority cells of supervoxels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuropil.agglomeration import read_agglomeration, read_edges, read_membership
from neuropil.grid import Box, Grid
from neuropil.majority import (
    count_overlaps,
    extract_agglomeration,
    merge_agglomeration,
)
from neuropil.schemas.agglomeration import AGGLOMERATION, OVERLAPS
from neuropil.storage import as_table
from neuropil.volumes.base import Volume

LARGE = np.array([2**32 + 1, 2**53 + 1, 2**63 + 3, 2**64 - 1], "u8")


def write_table(folder, frame, suffix):
    path = folder / f"table{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="," if suffix == ".csv" else "\t")
    return str(path)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".tsv"])
def test_ids_are_read_exactly(suffix, tmp_path):
    frame = pd.DataFrame({"extra": "a", "supervoxel": LARGE, "cell": LARGE[::-1]})
    found = read_membership(write_table(tmp_path, frame, suffix))
    assert list(found) == ["supervoxel", "cell"]
    assert (found.dtypes == "uint64").all()
    np.testing.assert_array_equal(found["supervoxel"], LARGE)
    np.testing.assert_array_equal(found["cell"], LARGE[::-1])


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_signed_ids_and_whole_scores_are_taken(suffix, tmp_path):
    frame = pd.DataFrame(
        {"supervoxel_a": [1, 2], "supervoxel_b": [5, 3], "score": [0, 1]}
    )
    found = read_edges(write_table(tmp_path, frame, suffix))
    assert found.dtypes.to_list() == ["uint64", "uint64", "float64"]


def test_an_empty_table_is_an_agglomeration_of_nothing(tmp_path):
    frame = pd.DataFrame({"supervoxel": [], "cell": []}, dtype="u8")
    for suffix in (".parquet", ".csv"):
        assert read_membership(write_table(tmp_path, frame, suffix)).empty


def test_edges_join_from_the_threshold_on(tmp_path):
    frame = pd.DataFrame(
        {"supervoxel_a": LARGE[:2], "supervoxel_b": LARGE[2:], "score": [0.5, 0.4]}
    )
    path = write_table(tmp_path, frame, ".csv")
    found = read_agglomeration({"edges": path, "threshold": 0.5}, LARGE, whole=True)
    assert found.to_numpy().tolist() == [[LARGE[0], LARGE[0]], [LARGE[2], LARGE[0]]]


def test_nothing_given_names_nothing():
    found = read_agglomeration({}, LARGE, whole=True)
    assert found.empty
    assert (found.dtypes == "uint64").all()


def test_a_box_may_lack_supervoxels_of_the_agglomeration(tmp_path):
    frame = pd.DataFrame({"supervoxel": LARGE, "cell": 1})
    path = write_table(tmp_path, frame, ".parquet")
    found = read_agglomeration({"table": path}, LARGE[:2], whole=False)
    assert len(found) == 4


labels = arrays("u8", (5, 6, 7), elements=st.sampled_from([0, 1, 2, 2**63 + 1]))


@given(labels, labels)
def test_overlaps_are_those_of_pairs(supervoxels, cells):
    found = count_overlaps(supervoxels, cells)
    pairs = zip(supervoxels.ravel().tolist(), cells.ravel().tolist())
    expected = pd.Series([p for p in pairs if p[0]]).value_counts()
    rows = zip(found["supervoxel"].tolist(), found["cell"].tolist())
    assert dict(zip(rows, found["voxel_count"])) == expected.to_dict()


def as_volume(array):
    lengths = (1.0, 1.0, 1.0)
    return Volume(
        "array", array.shape, array.dtype, lengths, lengths, lambda b: array[b.slices]
    )


@given(labels, labels, st.tuples(*[st.integers(1, 7)] * 3), st.integers(1, 2))
def test_any_grid_gives_the_majority_of_the_whole(supervoxels, cells, shape, threads):
    volumes, grid = (
        [as_volume(supervoxels), as_volume(cells)],
        Grid(Box.of((5, 6, 7)), shape),
    )
    parts = [
        extract_agglomeration(*volumes, grid.core(c), (2, 3, 4), threads)
        for c in grid.chunks
    ]
    as_table(parts[0], OVERLAPS)
    found = merge_agglomeration(pd.concat(parts))
    as_table(found, AGGLOMERATION)
    for row in found.to_dict("records"):
        inside = cells[supervoxels == row["supervoxel"]]
        ids, counts = np.unique(inside, return_counts=True)
        best = ids[counts == counts.max()]
        assert row["cell"] == (best[best > 0].min() if best.any() else 0)
        assert row["voxel_count"] == inside.size
        assert row["cell_voxel_count"] == counts.max()
    assert (
        found["supervoxel"].tolist() == np.unique(supervoxels[supervoxels > 0]).tolist()
    )
