"""Shapes of supervoxels and of the faces between them, from sums over chunks."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from neuropil.blocks import map_blocks
from neuropil.grid import Box, Grid
from neuropil.schemas.segmentation import PAIR
from neuropil.segmentation.edges import add_up_edges, extract_edges
from neuropil.segmentation.moments import (
    Forms,
    add_up_moments,
    extract_moments,
    measure_shapes,
)
from neuropil.volumes.base import Volume

SIZE_NM = (25.0, 10.0, 8.0)


def as_volume(array, start=(0, 0, 0)):
    """Hold an array as a volume whose first voxel lies at a place of the dataset."""
    box = Box(start, tuple(s + n for s, n in zip(start, array.shape)))
    back = tuple(-s for s in start)

    def load(part):
        return array[part.shift(back).slices].copy()

    corner = (0.0, 0.0, 0.0)
    return Volume("", box.stop, array.dtype, SIZE_NM, corner, load, box)


def gather(labels, values, start=(0, 0, 0), chunk=None, block=None, add=None):
    """Moments and sums of edges of a volume, through chunks and blocks."""
    volumes = as_volume(labels, start), as_volume(values, start)
    grid = Grid(volumes[0].box, chunk or labels.shape)
    tables = []
    for extract, add_up in (
        (extract_moments, add_up_moments),
        (extract_edges, add_up_edges),
    ):
        parts = []
        for at in grid.chunks:
            boxes = {"box": grid.core(at), "block_shape": block or labels.shape}
            parts.append(extract(*volumes, partial(map_blocks, **boxes, threads=1)))
        tables.append(add_up(parts))
    return tables


@pytest.fixture(scope="module")
def tissue():
    """Blocky labels of large ids, some of them in several places, and a map."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 9, (4, 6, 7)).astype(np.uint64)
    labels = (labels + (labels > 0) * np.uint64(2**63)).repeat(3, 0).repeat(5, 1)
    labels = labels.repeat(5, 2)[:, :, :34]
    return labels, rng.integers(0, 256, labels.shape, np.uint8)


@pytest.mark.parametrize("start", [(0, 0, 0), (40_000_000, 500_000_000, 3)])
def test_moments_are_those_of_the_voxels(tissue, start):
    labels, values = tissue
    moments, _ = gather(labels, values, start)
    bodies = moments[moments[PAIR[0]] == moments[PAIR[1]]]
    ids = np.unique(labels[labels > 0])
    assert bodies[PAIR[0]].tolist() == ids.tolist()
    forms = Forms(bodies, SIZE_NM)
    for k, label in enumerate(ids):
        places = (np.argwhere(labels == label) + start) * SIZE_NM
        assert forms.middle[k] == pytest.approx(places.mean(axis=0))
        spread = np.linalg.eigvalsh(np.cov(places.T, bias=True))
        assert forms.spread[k] == pytest.approx(spread, rel=1e-6)
        assert bodies["map_sum"].iloc[k] == values[labels == label].sum()


def test_shapes_do_not_depend_on_chunks_or_on_where_the_tissue_lies(tissue):
    whole = gather(*tissue)
    cut = gather(*tissue, chunk=(5, 13, 9), block=(3, 4, 7))
    for table, other in zip(whole, cut):
        pd.testing.assert_frame_equal(table, other)
    far = gather(*tissue, start=(7_000_001, 300_000_000, 1001))
    shapes = [measure_shapes(*tables, SIZE_NM) for tables in (whole, far)]
    assert shapes[0].notna().all(axis=None)
    pd.testing.assert_frame_equal(*shapes, check_exact=False, atol=1e-4)


def shapes_of(labels):
    values = np.zeros(labels.shape, np.uint8)
    return measure_shapes(*gather(labels, values), SIZE_NM).iloc[0]


def test_a_process_that_is_cut_goes_on_behind_the_cut():
    labels = np.zeros((6, 12, 90), np.uint64)
    labels[1:4, 2:9, 3:43], labels[1:4, 2:9, 43:83] = 7, 5
    row = shapes_of(labels)
    for name in ("parallel", "straight", "even", "square", "aim_small", "aim_large"):
        assert row[name] == pytest.approx(1), name
    # The end of a rod lies 3^(1/2) standard deviations from its middle.
    assert row["along_small"] == pytest.approx(3**0.5, rel=0.01)
    assert row["apart"] == pytest.approx(np.log(40 * 8))
    area = 3 * 25 * 7 * 10
    assert row["opening_small"] + row["width_small"] == pytest.approx(np.log(area))


def test_neighbours_touch_along_their_flanks():
    labels = np.zeros((6, 24, 90), np.uint64)
    labels[1:4, 2:9, 3:83], labels[1:4, 9:16, 3:73] = 7, 5
    row = shapes_of(labels)
    assert row["parallel"] == pytest.approx(1)
    assert row["even"] == pytest.approx(1)  # one plane
    assert row["aim_small"] < 0.6
    assert row["along_small"] == pytest.approx(0, abs=1e-6)
    assert row["along_large"] == pytest.approx(40 / (80 * 8 / 12**0.5), rel=0.01)
    assert row["opening_small"] > 1


def test_what_lies_around_something_has_faces_to_all_sides():
    labels = np.full((9, 21, 23), 3, np.uint64)
    labels[3:6, 7:14, 8:15] = 2
    row = shapes_of(labels)
    assert row["even"] == pytest.approx(0)
    assert row["square"] == pytest.approx(0)
    assert row["distance_small"] == pytest.approx(0, abs=1e-4)
