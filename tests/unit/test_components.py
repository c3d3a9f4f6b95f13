"""Connected parts of true cells, and scores of segmentations against them."""

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage
from skimage.metrics import adapted_rand_error, variation_of_information
from test_basins import canonical
from test_segmentations import as_volume

from neuropil.evaluation.components import as_arrays, label_components
from neuropil.evaluation.shares import (
    THRESHOLDS,
    Truth,
    add_up_shares,
    extract_shares,
    list_thresholds,
    score_cells,
    score_thresholds,
)
from neuropil.grid import Box, tile

SHAPE = (9, 20, 24)


def make_truth(seed=0, kinds=4):
    """Cells of large ids in several pieces, with gaps of 0."""
    noise = np.random.default_rng(seed).normal(size=(kinds, *SHAPE))
    noise = ndimage.gaussian_filter(noise, (0, 1, 1.5, 1.5))
    cells = noise.argmax(axis=0).astype("u8") * np.uint64(2**62) // np.uint64(kinds)
    return np.where(noise.max(axis=0) < 0.05, np.uint64(0), cells + np.uint64(3))


def label(cells, slab_voxels=2**24):
    labels = np.zeros(cells.shape, "u4")

    def write(box, array):
        labels[box.slices] = array

    return labels, label_components(as_volume(cells), write, slab_voxels)


def plain_parts(cells):
    """Parts by scipy, numbered cell by cell."""
    out, count = np.zeros(cells.shape, int), 0
    for cell in np.unique(cells[cells > 0]):
        parts, number = ndimage.label(cells == cell, np.ones((3, 3, 3)))
        out[parts > 0] = parts[parts > 0] + count
        count += number
    return out


@pytest.mark.parametrize("slab_voxels", [1, 1000, 2**24])
@pytest.mark.parametrize("seed", range(3))
def test_parts_are_those_of_scipy_however_they_are_read(seed, slab_voxels):
    cells = make_truth(seed)
    labels, table = label(cells, slab_voxels)
    component, cell = as_arrays(table)
    np.testing.assert_array_equal(cell[labels], cells)
    expected = plain_parts(cells)
    assert expected.max() > len(np.unique(cells))
    parts = component[labels]
    np.testing.assert_array_equal(canonical(parts), canonical(expected))
    np.testing.assert_array_equal(cell[parts], cells)  # a part's name is a label of it


def test_a_truth_without_cells_has_no_parts():
    labels, table = label(np.zeros((3, 4, 5), "u8"), 40)
    assert not labels.any()
    assert table.empty


def find_shares(cells, supervoxels, chunk=SHAPE, block=SHAPE, slab_voxels=2**24):
    labels, table = label(cells, slab_voxels)
    truth = Truth(as_volume(labels), *as_arrays(table))
    volume = as_volume(supervoxels)
    parts = [
        extract_shares(volume, truth, core, block, threads=1)
        for core in tile(Box.of(SHAPE), chunk)
    ]
    return add_up_shares(pd.concat(parts)), component_volume(labels, table)


def component_volume(labels, table):
    return as_arrays(table)[0][labels]


def plain_inner(cells):
    """Whether all of a voxel's six neighbours are in its cell; 0 is outside."""
    inner, around = np.ones(cells.shape, bool), np.pad(cells, 1)
    for axis in range(3):
        for step in (-1, 1):
            moved = np.roll(around, step, axis)[1:-1, 1:-1, 1:-1]
            inner &= moved == cells
    return inner


@pytest.mark.parametrize("chunk", [SHAPE, (4, 7, 11)])
def test_shares_are_those_of_every_voxel(chunk):
    cells, supervoxels = make_truth(0), make_truth(1, 7)
    shares, parts = find_shares(cells, supervoxels, chunk, (3, 6, 5))
    frame = pd.DataFrame(
        {
            "supervoxel": supervoxels.ravel(),
            "cell": cells.ravel(),
            "component": parts.ravel(),
            "inner_count": plain_inner(cells).ravel(),
        }
    )
    keys = ["supervoxel", "cell", "component"]
    expected = frame.assign(voxel_count=1).groupby(keys, as_index=False).sum()
    names = [*keys, "voxel_count", "inner_count"]
    pd.testing.assert_frame_equal(shares[names], expected[names].astype("u8"))
    assert (shares["supervoxel"] == 0).any()


def score_by_skimage(truth, segments, inside):
    truth, segments = (
        np.unique(a, return_inverse=True)[1].reshape(a.shape)
        for a in (truth[inside], segments[inside])
    )
    split, merge = variation_of_information(segments + 1, truth + 1)
    error = adapted_rand_error(truth + 1, segments + 1)[0]
    return [merge, split, error]  # scikit-image names the other way round


def test_scores_are_those_of_scikit_image():
    cells, supervoxels = make_truth(0), make_truth(1, 7)
    shares, parts = find_shares(cells, supervoxels)
    names = np.unique(supervoxels[supervoxels > 0])
    membership = pd.DataFrame({"supervoxel": names, "cell": names})
    membership.loc[1, "cell"] = names[0]
    membership.loc[2, "cell"] = 0
    segments = supervoxels.copy()
    segments[supervoxels == names[1]] = names[0]
    segments[supervoxels == names[2]] = 0
    neurons = np.unique(cells)[2:]
    # Supervoxels that the membership does not name are by themselves.
    found = score_cells(shares, membership.iloc[:4], neurons)
    inner = plain_inner(cells) & (cells > 0)
    for name, truth, inside in (
        ("", cells, inner),
        ("_components", parts, inner),
        ("_neurons", parts, inner & np.isin(cells, neurons)),
        ("_labelled", cells, (cells > 0) & (segments > 0)),
    ):
        scores = [
            found[f"{score}{name}"]
            for score in ("voi_split", "voi_merge", "adapted_rand_error")
        ]
        expected = score_by_skimage(truth, segments, inside)
        assert scores == pytest.approx(expected, abs=2e-3), name  # Rand: n - 1 for n
    assert found["cell_count"] == len(np.unique(segments[inner & (segments > 0)]))


def test_without_types_of_cells_neurons_are_not_scored():
    cells = make_truth(0)
    shares, _ = find_shares(cells, cells)
    alone = pd.DataFrame({"supervoxel": [], "cell": []}, dtype="u8")
    found = score_cells(shares, alone)
    assert not [name for name in found if name.endswith("_neurons")]
    edges = pd.DataFrame({"supervoxel_a": [], "supervoxel_b": [], "score": []})
    sweep = score_thresholds(shares, edges, thresholds=[0.5])
    assert sweep["voi_split_neurons"].isna().all()
    assert found["adapted_rand_error"] == found["voi_merge_labelled"] == 0


def test_a_cell_in_two_places_is_no_split_of_its_parts():
    cells = np.zeros(SHAPE, "u8")
    cells[:, :, :8] = cells[:, :, 16:] = 5
    cells[:, :, 8:16] = 6
    supervoxels = cells.copy()
    supervoxels[:, :, 16:] = 7
    shares, _ = find_shares(cells, supervoxels)
    (row,) = score_thresholds(
        shares,
        pd.DataFrame({"supervoxel_a": [], "supervoxel_b": [], "score": []}),
        thresholds=[0.5],
    ).to_dict("records")
    assert row["voi_split"] > 0.5
    assert row["voi_split_components"] == row["voi_merge_components"] == 0


def test_thresholds_reach_over_the_scores_that_there_are():
    given = pd.DataFrame({"score": [-2.0, 30.0, 1.0]})
    assert list_thresholds(given[2:]) is THRESHOLDS
    tried = list_thresholds(given)
    assert (tried[0], tried[-1], len(tried)) == (-2, 30, 101)
