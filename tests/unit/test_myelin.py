"""Myelin along skeletons, on cables made by hand."""

import numpy as np
import pytest

from neuropil.cell_myelin import measure_myelin, take_majority
from neuropil.myelin_shares import Nodes, find_headings, measure_shares
from neuropil.schemas.shapes import MYELIN
from neuropil.skeletons.store import Skeleton
from neuropil.storage import as_table
from neuropil.volumes.base import Volume

SIZE = (40.0, 10.0, 10.0)
CUBE = {"look": "cube", "cube_nm": 60, "threshold": 0.5, "majority_nm": 250}
ACROSS = CUBE | {"look": "across", "sheath_nm": 100}


def as_volume(array):
    return Volume(
        "m", array.shape, array.dtype, SIZE, (0.0, 0.0, 0.0), lambda b: array[b.slices]
    )


def cable(places, edges, radius=50):
    count = len(places)
    columns = (places, "f4"), (edges, "u4"), ([radius] * count, "f4")
    columns = (*columns, ([0] * count, "u4"))
    return Skeleton(*(np.array(*column) for column in columns))


def straight(count):
    """Nodes every 100 nm along x."""
    places = [(100, 105, 105 + 100 * i) for i in range(count)]
    return cable(places, [(i, i + 1) for i in range(count - 1)])


def at(places):
    """Nodes at places, without edges."""
    return Nodes.of([cable(places, np.empty((0, 2)))])


def along_x(middle, inner_nm, outer_nm, shape=(20, 80, 100)):
    """A map of the voxels between two cylinders around a line along x."""
    z, y, _ = np.ogrid[tuple(map(slice, shape))]
    far = np.hypot((z + 0.5) * SIZE[0] - middle[0], (y + 0.5) * SIZE[1] - middle[1])
    ring = (far >= inner_nm) & (far <= outer_nm)
    return np.broadcast_to(ring, shape) * np.uint8(255)


AXON = (400, 400)
AXON_NODES = cable(
    [(*AXON, 300 + 50 * i) for i in range(9)], [(i, i + 1) for i in range(8)]
)


@pytest.mark.parametrize("block", [(8, 64, 256), (2, 5, 9)])
def test_shares_are_those_of_the_cube_around_each_place(block):
    rng = np.random.default_rng(0)
    array = rng.integers(0, 256, (6, 20, 30)).astype("u1")
    places = rng.uniform(0, 1, (50, 3)) * (240, 200, 300)
    shares = measure_shares(as_volume(array), at(places), block, CUBE)
    for place, share in zip(places, shares):
        z, y, x = (place // SIZE).astype(int)
        low_y, low_x = max(0, y - 3), max(0, x - 3)
        cube = array[z : z + 1, low_y : y + 4, low_x : x + 4]
        assert share == pytest.approx((cube > 127.5).mean())


@pytest.mark.parametrize("settings", [CUBE, ACROSS])
def test_places_outside_of_the_volume_have_no_myelin(settings):
    array = np.full((2, 4, 4), 255, "u1")
    places = np.array([[20.0, 20, 20], [20, 20, 500], [-300, 20, 20]])
    shares = measure_shares(as_volume(array), at(places), (2, 4, 4), settings)
    assert shares.tolist() == [1, 0, 0]


@pytest.mark.parametrize("inner_nm", [0, 60])
def test_a_sheath_and_a_filled_axon_are_met_on_all_sides(inner_nm):
    nodes, array = Nodes.of([AXON_NODES]), along_x(AXON, inner_nm, 140)
    shares = measure_shares(as_volume(array), nodes, (8, 64, 64), ACROSS)
    assert (shares == 1).all()
    if inner_nm:
        cubes = measure_shares(as_volume(array), nodes, (8, 64, 64), CUBE)
        assert (cubes < 0.5).all()


def test_the_sheath_of_a_neighbour_is_met_on_one_side():
    array = along_x((400, 620), 60, 140)
    nodes = Nodes.of([AXON_NODES])
    shares = measure_shares(as_volume(array), nodes, (8, 64, 64), ACROSS)
    assert ((shares > 0) & (shares < 0.5)).all()


def test_rays_that_leave_the_volume_have_no_vote():
    array = along_x((0, 400), 60, 140)
    nodes = Nodes.of(
        [AXON_NODES._replace(vertices_nm=AXON_NODES.vertices_nm - (399, 0, 0))]
    )
    shares = measure_shares(as_volume(array), nodes, (8, 64, 64), ACROSS)
    assert (shares == 1).all()


def test_headings_follow_the_cable():
    lines = np.array([[0, 0, 0], [0, 100, 100], [0, 200, 200], [0, 300, 400]])
    found = find_headings(cable(lines, [(0, 1), (1, 2), (2, 3)]))
    half = np.sqrt(0.5)
    assert np.abs(found[:2]) == pytest.approx(np.array([[0, half, half]] * 2))
    assert np.linalg.norm(found, axis=1) == pytest.approx(1)
    assert np.abs(find_headings(cable([(1, 2, 3)], np.empty((0, 2))))[0, 0]) == 1


@pytest.mark.parametrize("settings", [CUBE, ACROSS])
def test_blocks_do_not_change_shares(settings):
    rng = np.random.default_rng(1)
    array = (rng.integers(0, 100, (12, 40, 60)) < 3).astype("u1") * 255
    places = rng.uniform(0, 1, (40, 3)) * (480, 400, 600)
    nodes = Nodes.of([cable(places, [(i, i + 1) for i in range(39)])])
    nodes = nodes._replace(radius_nm=rng.uniform(10, 900, 40))
    one, *others = (
        measure_shares(as_volume(array), nodes, block, settings)
        for block in ((12, 40, 60), (5, 7, 11), (1, 64, 64))
    )
    assert len(set(one)) > 3
    for other in others:
        assert other.tolist() == one.tolist()


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
    table = measure_myelin(as_volume(array), cells.items(), (4, 16, 64), CUBE)
    as_table(table, MYELIN)
    assert table["cell"].tolist() == [2**63 + 1] * 12 + [3] * 2
    assert table["is_myelinated"].tolist() == [False] * 5 + [True] * 7 + [False] * 2
    empty = measure_myelin(as_volume(array), [], (4, 16, 64), CUBE)
    assert len(empty) == 0
    as_table(empty, MYELIN)
