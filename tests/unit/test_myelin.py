"""Myelin along skeletons, on cables made by hand."""

import numpy as np
import pytest

from neuropil.cell_myelin import measure_myelin, measure_shares, take_majority
from neuropil.schemas.shapes import MYELIN
from neuropil.skeletons.store import Skeleton
from neuropil.storage import as_table
from neuropil.volumes.base import Volume

SETTINGS = {"cube_nm": 60, "threshold": 0.5, "majority_nm": 250}


def as_volume(array):
    size = (40.0, 10.0, 10.0)
    return Volume(
        "m", array.shape, array.dtype, size, (0.0, 0.0, 0.0), lambda b: array[b.slices]
    )


def cable(places, edges):
    count = len(places)
    columns = (places, "f4"), (edges, "u4"), ([50] * count, "f4"), ([0] * count, "u4")
    return Skeleton(*(np.array(*column) for column in columns))


def straight(count):
    """Nodes every 100 nm along x."""
    places = [(100, 105, 105 + 100 * i) for i in range(count)]
    return cable(places, [(i, i + 1) for i in range(count - 1)])


@pytest.mark.parametrize("block", [(8, 64, 256), (2, 5, 9)])
def test_shares_are_those_of_the_cube_around_each_place(block):
    rng = np.random.default_rng(0)
    array = rng.integers(0, 256, (6, 20, 30)).astype("u1")
    places = rng.uniform(0, 1, (50, 3)) * (240, 200, 300)
    shares = measure_shares(as_volume(array), places, block, SETTINGS)
    for place, share in zip(places, shares):
        z, y, x = (place // (40, 10, 10)).astype(int)
        low_y, low_x = max(0, y - 3), max(0, x - 3)
        cube = array[z : z + 1, low_y : y + 4, low_x : x + 4]
        assert share == pytest.approx((cube > 127.5).mean())


def test_places_outside_of_the_volume_have_no_myelin():
    array = np.full((2, 4, 4), 255, "u1")
    places = np.array([[20.0, 20, 20], [20, 20, 500], [-300, 20, 20]])
    shares = measure_shares(as_volume(array), places, (2, 4, 4), SETTINGS)
    assert shares.tolist() == [1, 0, 0]


def test_the_majority_along_the_cable_decides():
    values = np.array([1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0], bool)
    out = take_majority(straight(12), values, 250)
    assert out.tolist() == [True] * 6 + [False] * 6
    assert take_majority(straight(12), values, 0).tolist() == values.tolist()


def test_other_trees_and_places_near_through_space_have_no_vote():
    one = straight(3)
    both = cable(
        np.concatenate([one.vertices_nm, one.vertices_nm + 5]),
        [(0, 1), (1, 2), (3, 4), (4, 5)],
    )
    values = np.array([True] * 3 + [False] * 3)
    assert take_majority(both, values, 1000).tolist() == values.tolist()


def test_cells_get_a_row_per_node():
    array = np.zeros((5, 22, 140), "u1")
    array[..., 60:] = 255
    cells = {2**63 + 1: straight(12), 3: straight(2)}
    table = measure_myelin(as_volume(array), cells.items(), (4, 16, 64), SETTINGS)
    as_table(table, MYELIN)
    assert table["cell"].tolist() == [2**63 + 1] * 12 + [3] * 2
    assert table["is_myelinated"].tolist() == [False] * 5 + [True] * 7 + [False] * 2
    empty = measure_myelin(as_volume(array), [], (4, 16, 64), SETTINGS)
    assert len(empty) == 0
    as_table(empty, MYELIN)
