"""Somata: one node each, wherever tiles cut them; and nothing else is one."""

import numpy as np
import pytest

from neuropil.skeletons.merging import describe_skeletons, merge_skeletons
from neuropil.skeletons.solids import fill_holes
from tubes import (
    CELL,
    cable_um,
    changed,
    check_trees,
    draw,
    merge,
    one_piece,
    skeletonize,
    straight,
    trace,
)

VOXEL = 150
SIZE = (VOXEL,) * 3
SHAPE = (113, 113, 113)  # 17 um
MIDDLE = np.array([8475.0, 8475, 8475])
ENDS = np.array([[700.0, 8000, 8000], [14000, 15500, 9000], [9000, 1500, 15500]])


def coarse(tile_nm=100_000, **settings):
    """Settings of a coarse lattice; all in one tile if nothing is said."""
    return changed(voxel_nm=VOXEL, tile_nm=tile_nm, **settings)


def ball(middle, radius, shape=SHAPE):
    """Voxels (bool) of a ball."""
    axes = [(np.arange(n) + 0.5) * VOXEL - m for n, m in zip(shape, middle)]
    return sum(axis**2 for axis in np.ix_(*axes)) <= radius**2


def neuron(middle=MIDDLE, ends=ENDS, radius=5000, shape=SHAPE):
    """Voxels (bool) of a ball with neurites."""
    neurites = draw(shape, [[middle, end] for end in ends], 350, SIZE)
    return ball(middle, radius, shape) | neurites


def skeleton_of(folder, mask, rules, chunk=None):
    """Skeleton of one cell, which is one tree."""
    volume = mask * np.uint64(CELL)
    (skeleton,) = skeletonize(folder, volume, chunk, rules, size=SIZE).values()
    check_trees(skeleton)
    assert not skeleton.component.any()
    return skeleton


def check_soma(skeleton, middle, radius, neurites):
    """One node lies in a soma, in its middle, and neurites leave from it."""
    away = np.linalg.norm(skeleton.vertices_nm - middle, axis=1)
    (soma,) = np.flatnonzero(away < radius)
    assert away[soma] < VOXEL / 2
    assert skeleton.radius_nm[soma] == pytest.approx(radius, abs=VOXEL)
    assert np.bincount(skeleton.edges.ravel())[soma] == neurites
    return soma


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Skeleton of a neuron in one tile."""
    return skeleton_of(tmp_path_factory.mktemp("whole"), neuron(), coarse())


# The soma lies in 8 tiles and its middle in a corner, an edge, a face, none of them.
@pytest.mark.parametrize(
    ("tile_nm", "shift"),
    [
        (8600, (0, 0, 0)),
        (8600, (0, 0, 1000)),
        (8600, (0, -1400, 600)),
        (8600, (700, 900, -1100)),
        (6400, (0, 0, 0)),
        (4300, (0, 500, 0)),
        (3000, (300, 200, 100)),
    ],
)
def test_a_soma_is_one_node_wherever_tiles_cut_it(tmp_path, whole, tile_nm, shift):
    middle = MIDDLE + shift
    mask = neuron(middle, ENDS + shift)
    cut = skeleton_of(tmp_path, mask, coarse(tile_nm))
    check_soma(cut, middle, 5000, neurites=3)
    row = describe_skeletons({CELL: cut}).iloc[0]
    assert (row["end_count"], row["branch_count"]) == (3, 1)
    assert cable_um(cut) == pytest.approx(cable_um(whole), rel=0.01)


def test_chunks_and_threads_do_not_change_a_soma(tmp_path):
    mask, rules = neuron(), coarse(6400)
    one = skeleton_of(tmp_path, mask, rules)
    two = skeleton_of(tmp_path, mask, rules, chunk=(40, 60, 113))
    for a, b in zip(one, two):
        np.testing.assert_array_equal(a, b)
    volume = mask * np.uint64(CELL)
    (alone,) = trace(volume, None, rules, 1, size=SIZE).values()
    (many,) = trace(volume, None, rules, 2, size=SIZE).values()
    for a, b in zip(alone, many):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("tile_nm", [100_000, 6400])
def test_a_soma_at_the_border_of_the_volume_has_its_middle_there(tmp_path, tile_nm):
    middle = np.array([8450.0, VOXEL / 2, 7000])
    ends = np.array([[800, 3000, 7000], [9000, 14000, 9000], [8000, 3000, 16000]])
    skeleton = skeleton_of(tmp_path, neuron(middle, ends, 4500), coarse(tile_nm))
    check_soma(skeleton, middle, 4500, neurites=3)


@pytest.mark.parametrize("tile_nm", [100_000, 6400, 4300])
@pytest.mark.parametrize("apart", [8000, 11_000])
def test_two_somata_of_a_cell_are_two_nodes(tmp_path, tile_nm, apart):
    """Wrongly merged cells: their somata overlap, or a neurite joins them."""
    shape = (67, 73, 173)
    one, two = np.array([5000.0, 5500, 5800]), np.array([5000.0, 5500, 5800 + apart])
    mask = neuron(one, [two], 4500, shape) | ball(two, 4200, shape)
    mask |= draw(shape, [[two, (5000, 5500, 25_500)]], 350, SIZE)
    skeleton = skeleton_of(tmp_path, mask, coarse(tile_nm))
    check_soma(skeleton, one, 4500, neurites=1)
    check_soma(skeleton, two, 4200, neurites=2)
    assert skeleton.radius_nm.argsort()[-2:].tolist() == [1, 0]


def test_a_nucleus_of_another_id_is_inside_even_if_a_face_cuts_it(tmp_path):
    middle, rules = np.add(MIDDLE, (0, 0, 1200)), coarse(8600)
    ends = np.add(ENDS, (0, 0, 1200))
    filled = skeleton_of(tmp_path, neuron(middle, ends), rules)
    volume = neuron(middle, ends) * np.uint64(CELL)
    nucleus = ball(np.add(MIDDLE, (2100, -2200, 900)), 1500)
    volume[nucleus] = 9
    found = skeletonize(tmp_path, volume, None, rules, size=SIZE)
    check_soma(found[CELL], middle, 5000, neurites=3)
    assert cable_um(found[CELL]) == pytest.approx(cable_um(filled), rel=0.01)
    assert found[9].radius_nm.max() == pytest.approx(1500, abs=VOXEL)


def test_holes_are_filled_unless_they_lead_through():
    mask = np.ones((30, 30, 30), bool)
    holes = {
        "closed": np.s_[10:14, 10:14, 10:14],
        "in a face": np.s_[20:24, 20:24, 25:],
        "twice in a face": np.s_[3:8, 3:8, :5],
    }
    for place in holes.values():
        mask[place] = False
    mask[5, 5, :4] = True
    assert fill_holes(mask).all()
    for place in (np.s_[15:18, 15:18, :], np.s_[25:, 2:5, :4]):
        cut = mask.copy()
        cut[place] = False
        expected = np.ones_like(mask)
        expected[place] = False
        np.testing.assert_array_equal(fill_holes(cut), expected)
    assert not fill_holes(np.zeros((3, 4, 5), bool)).any()


def test_a_thick_neurite_in_an_edge_of_tiles_is_no_soma(tmp_path):
    """A tile sees a quarter of it, and takes its outer side for the inside."""
    mask = draw((80, 80, 107), [[(5000, 5000, 0), (5000, 5000, 16_000)]], 1900, SIZE)
    # Tiles meet 925 nm from the axis along z and y, and see no further here.
    rules = coarse(6600, halo_nm=0, soma_acceptance_nm=2300)
    (pieces,) = trace(mask * np.uint64(CELL), None, rules, size=SIZE).values()
    assert pieces.radius_nm.max() > 2400
    skeleton = skeleton_of(tmp_path, mask, rules)
    assert skeleton.radius_nm.max() == pytest.approx(1900, abs=VOXEL)
    assert cable_um(skeleton) > 14
    again = skeleton_of(tmp_path, mask, coarse(6600, halo_nm=0, soma_acceptance_nm=1e9))
    for a, b in zip(skeleton, again):
        np.testing.assert_array_equal(a, b)


def test_a_neurite_is_the_same_with_and_without_somata(tmp_path):
    line = [(800.0, 900, 900), (9000, 8300, 8600), (16000, 9500, 800)]
    volume = draw(SHAPE, [line], 600, SIZE) * np.uint64(CELL)
    (pieces,) = trace(volume, None, coarse(6400), size=SIZE).values()
    assert not pieces.surface_count.any()
    results = [
        merge_skeletons(pieces, SIZE, coarse(6400, soma_acceptance_nm=limit))[CELL]
        for limit in (3000, 1e9)
    ]
    for a, b in zip(*results):
        np.testing.assert_array_equal(a, b)


def piece_with_soma(lines):
    """Piece of lines of voxels, 100 nm long; the first begins in a soma of 4500 nm."""
    piece = one_piece(lines, radius=100)
    piece.radius_nm[0] = 4500
    way = np.random.default_rng(0).normal(size=(4000, 3))
    way *= 45 / np.linalg.norm(way, axis=1, keepdims=True)
    surface = (np.array(lines[0][0]) + way).round().astype(np.int32)
    return piece._replace(surface_vx=surface)


def merge_by_hand(lines):
    """Skeleton of such a piece."""
    pieces = [piece_with_soma(lines)]
    (skeleton,) = merge(pieces, changed(voxel_nm=100), (100,) * 3).values()
    check_trees(skeleton)
    return skeleton


def test_what_passes_by_a_soma_does_not_become_it():
    """It comes into the ball around the soma, but hangs together with it elsewhere."""
    away = straight((100, 100, 100), (100, 100, 260), 161)
    across = straight((100, 100, 260), (100, 162, 260), 63)
    back = straight((100, 162, 260), (100, 162, 0), 261)
    skeleton = merge_by_hand([away, across, back])
    assert [10_050, 16_250, 50] in skeleton.vertices_nm.tolist()
    assert cable_um(skeleton) == pytest.approx(16 + 6.2 + 26, rel=0.01)
    assert skeleton.radius_nm[0] == pytest.approx(4400, abs=100)


@pytest.mark.parametrize(("end", "kept"), [(168, False), (171, True)])
def test_ticks_at_a_soma_are_measured_from_where_its_ball_ends(end, kept):
    """The ball has a radius of 6.5 um, a tick up to 250 nm and twice its depth."""
    middle = (100, 100, 100)
    long = straight(middle, (100, 100, 190), 91)
    short = straight(middle, (100, end, 100), end - 99)
    skeleton = merge_by_hand([long, short])
    assert (skeleton.vertices_nm[:, 1].max() > 12_000) == kept
    assert np.bincount(skeleton.edges.ravel())[0] == 1 + kept
    alone = merge_by_hand([short])
    assert alone.radius_nm[0] > 4300
    assert (len(alone.edges) > 0) == kept


def test_a_soma_may_be_all_of_a_cell(tmp_path):
    skeleton = skeleton_of(tmp_path, ball(MIDDLE, 5000), coarse(6400))
    assert skeleton.vertices_nm == pytest.approx(MIDDLE[None], abs=VOXEL / 2)
    assert skeleton.radius_nm[0] == pytest.approx(5000, abs=VOXEL)
