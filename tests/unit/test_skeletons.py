"""Skeletons: of known shapes, the same for any grid, trees, and files."""

import time

import kimimaro
import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from scipy.spatial import cKDTree

from neuropil.errors import InputError
from neuropil.grid import Box, Grid
from neuropil.schemas.skeletons import SKELETONS
from neuropil.skeletons.borders import find_middles, find_targets
from neuropil.skeletons.merging import describe_skeletons
from neuropil.skeletons.store import (
    Skeleton,
    list_cells,
    read_skeleton,
    write_skeletons,
)
from neuropil.skeletons.tiles import chunks_behind, plan_tiles, tiles_of, voxel_box
from neuropil.storage import as_table
from tubes import (
    CELL,
    SETTINGS,
    SIZE,
    cable_um,
    changed,
    check_trees,
    merge,
    one_piece,
    points_on,
    skeletonize,
    straight,
    trace,
    tube,
)

SHAPE = (64, 150, 150)  # 1.6 x 1.5 x 1.5 um
SMALL_TILES = changed(tile_nm=1000)
DIAGONAL = [[(100, 80, 60), (1500, 1420, 1440)]]
LINES = {
    "face": [[(790, 100, 760), (800, 1400, 740)]],
    "edge": [[(800, 100, 120), (830, 1400, 1390)]],
    "corner": DIAGONAL,
    "along": [[(820, 100, 700), (820, 1400, 700)]],
    "bent": [[(200, 200, 200), (800, 700, 1300), (1400, 1300, 300)]],
}


def hausdorff(one, other):
    """Largest distance in nm from a skeleton to another, either way."""
    a, b = (points_on(s.vertices_nm, s.edges) for s in (one, other))
    return max(cKDTree(a).query(b)[0].max(), cKDTree(b).query(a)[0].max())


def length_um(lines):
    return (
        sum(np.linalg.norm(np.diff(line, axis=0), axis=1).sum() for line in lines) / 1e3
    )


@pytest.mark.parametrize("size", [(25, 10, 10), (10, 10, 10), (40, 4.6, 4.6)])
@pytest.mark.parametrize("line", [(1, 0, 0), (0, 1, 0), (1, 0.5, 0.25)])
def test_a_straight_tube_has_its_length_and_lies_on_its_axis(tmp_path, size, line):
    extent = np.array([1600.0, 1200, 1200])
    shape = tuple(int(n) for n in extent / size)
    way = np.array(line) / np.linalg.norm(line)
    lines = [[extent / 2 - 450 * way, extent / 2 + 450 * way]]
    volume = tube(shape, lines, 100, size)
    (skeleton,) = skeletonize(tmp_path, volume, size=size).values()
    check_trees(skeleton)
    # The tube ends in half balls.
    assert cable_um(skeleton) == pytest.approx(1.1, rel=0.05)
    points = points_on(skeleton.vertices_nm, skeleton.edges)
    off = np.linalg.norm(np.cross(points - extent / 2, way), axis=1)
    assert np.median(off) < max(25, max(size))
    assert np.median(skeleton.radius_nm) == pytest.approx(100, abs=max(25, *size))


def test_a_curved_tube_has_its_length(tmp_path):
    angle = np.linspace(0, np.pi, 30)
    z = np.full(30, 800)
    line = np.stack([z, 750 + 500 * np.cos(angle), 300 + 700 * np.sin(angle)], axis=1)
    (skeleton,) = skeletonize(tmp_path, tube(SHAPE, [line], 80)).values()
    check_trees(skeleton)
    assert cable_um(skeleton) == pytest.approx(length_um([line]) + 0.14, rel=0.05)
    points = points_on(skeleton.vertices_nm, skeleton.edges)
    assert (
        np.median(
            cKDTree(points_on(line, [(i, i + 1) for i in range(29)])).query(points)[0]
        )
        < 25
    )


def test_a_fork_has_one_branch_point_and_three_ends(tmp_path):
    middle = (800, 750, 750)
    ends = [(800, 100, 750), (800, 1350, 200), (800, 1350, 1300)]
    lines = [[middle, end] for end in ends]
    skeletons = skeletonize(tmp_path, tube(SHAPE, lines, 70))
    check_trees(skeletons[CELL])
    row = describe_skeletons(skeletons).iloc[0]
    assert (row["branch_count"], row["end_count"], row["component_count"]) == (1, 3, 1)
    assert row["path_length_um"] == pytest.approx(length_um(lines) + 3 * 0.05, rel=0.05)
    assert row["largest_share"] == 1
    degree = np.bincount(skeletons[CELL].edges.ravel())
    (fork,) = skeletons[CELL].vertices_nm[degree == 3]
    assert np.linalg.norm(fork - middle) < 100


@pytest.mark.parametrize("name", LINES)
def test_chunks_do_not_change_a_skeleton(tmp_path, name):
    volume = tube(SHAPE, LINES[name])
    (whole,) = skeletonize(tmp_path, volume, settings=SMALL_TILES).values()
    for chunk in ((32, 75, 75), (23, 67, 150), (50, 31, 44)):
        (cut,) = skeletonize(tmp_path, volume, chunk, SMALL_TILES).values()
        for one, other in zip(whole, cut):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("tile_nm", [1000, 1300])
@pytest.mark.parametrize("name", ["face", "corner", "bent"])
def test_tiles_hardly_change_a_skeleton(tmp_path, name, tile_nm):
    volume = tube(SHAPE, LINES[name])
    (whole,) = skeletonize(tmp_path, volume, settings=changed(tile_nm=9000)).values()
    (cut,) = skeletonize(tmp_path, volume, settings=changed(tile_nm=tile_nm)).values()
    for skeleton in (whole, cut):
        check_trees(skeleton)
        assert not skeleton.component.any()
    assert cable_um(cut) == pytest.approx(cable_um(whole), rel=0.02)
    assert hausdorff(cut, whole) < 100


@pytest.mark.parametrize("name", ["edge", "along"])
def test_tubes_in_an_edge_of_tiles_have_no_doubles(tmp_path, name):
    volume = tube(SHAPE, LINES[name])
    (whole,) = skeletonize(tmp_path, volume, settings=changed(tile_nm=9000)).values()
    (cut,) = skeletonize(tmp_path, volume, settings=SMALL_TILES).values()
    check_trees(cut)
    assert not cut.component.any()
    assert (np.bincount(cut.edges.ravel()) == 1).sum() == 2
    assert cable_um(cut) == pytest.approx(cable_um(whole), rel=0.01)
    assert hausdorff(cut, whole) < 100


def test_a_skeleton_is_near_to_that_of_kimimaro(tmp_path):
    volume = tube(SHAPE, LINES["bent"])
    (ours,) = skeletonize(tmp_path, volume).values()
    theirs = kimimaro.skeletonize(
        (volume[:, ::2, ::2] > 0).astype(np.uint8),
        teasar_params={"scale": 1.5, "const": 200, "pdrf_exponent": 4},
        anisotropy=(25, 20, 20),
        dust_threshold=0,
        progress=False,
    )[1]
    other = Skeleton(np.add(theirs.vertices, (12.5, 5, 5)), theirs.edges, None, None)
    assert hausdorff(ours, other) < 150
    assert cable_um(ours) == pytest.approx(cable_um(other), rel=0.15)


def test_tiles_meet_in_the_same_nodes():
    plan = plan_tiles(Box.of(SHAPE), SIZE, SMALL_TILES)
    assert len(plan[1]) == 8
    (pieces,) = trace(tube(SHAPE, DIAGONAL), settings=SMALL_TILES).values()
    piece = np.repeat(np.arange(len(pieces.cell)), pieces.node_count)
    places, counts = np.unique(pieces.place_vx, axis=0, return_counts=True)
    shared = {tuple(place) for place in places[counts > 1].tolist()}
    assert shared
    for number in range(len(pieces.cell)):
        nodes = pieces.place_vx[(piece == number) & pieces.on_border]
        assert shared & {tuple(place) for place in nodes.tolist()}


blobs = arrays("u8", (9, 14, 13), elements=st.sampled_from([0, 0, 7, 7, 7, 2**63 + 1]))


@settings(max_examples=12, phases=[Phase.explicit, Phase.generate])
@given(blobs, st.tuples(*[st.integers(2, 9)] * 3))
def test_noise_gives_trees_that_span_what_is_connected(tmp_path_factory, volume, chunk):
    folder = tmp_path_factory.mktemp("noise")
    rules = changed(
        tile_nm=1000,
        dust_nm3=0,
        join_nm=0,
        tick_nm=0,
        soma_detection_nm=1e9,
        smooth_nm=0,
    )
    rules["voxel_nm"] = 100
    size = (200, 150, 160)
    before = volume.copy()
    whole = skeletonize(folder, volume, settings=rules, size=size)
    np.testing.assert_array_equal(volume, before)
    cut = skeletonize(folder, volume, chunk, rules, size=size)
    assert set(whole) == set(np.unique(volume[volume > 0]).tolist())
    for cell, skeleton in whole.items():
        check_trees(skeleton)
        for one, other in zip(skeleton, cut[cell]):
            np.testing.assert_array_equal(one, other)
        _, count = ndimage.label(volume == cell, np.ones((3, 3, 3)))
        assert skeleton.component[-1] + 1 == count
        place = (skeleton.vertices_nm / size - 0.5).round().astype(int)
        assert (volume[tuple(place.T)] == cell).all()


def test_threads_do_not_change_a_skeleton():
    volume = tube(SHAPE, LINES["bent"])
    volume[10:20, 20:60, 90:140] = 3
    volume[40:60, 100:140, 100:140] = 4
    (one,) = trace(volume, settings=SMALL_TILES).values()
    (two,) = trace(volume, settings=SMALL_TILES, threads=2).values()
    for name in one._fields:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_supervoxels_of_a_cell_have_one_skeleton(tmp_path):
    volume = tube(SHAPE, DIAGONAL)
    split = volume.copy()
    split[:, 70:] = np.where(split[:, 70:], np.uint64(9), 0)
    members = pd.DataFrame({"supervoxel": [9, CELL], "cell": [CELL] * 2}, dtype="u8")
    whole = skeletonize(tmp_path, volume)
    joined = skeletonize(tmp_path, split, membership=members)
    for one, other in zip(whole[CELL], joined[CELL]):
        np.testing.assert_array_equal(one, other)
    none = members.assign(cell=np.uint64(0))
    assert skeletonize(tmp_path, split, membership=none) == {}


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7)])
def test_empty_volumes_and_single_voxels(tmp_path, shape):
    volume = np.zeros(shape, np.uint64)
    assert skeletonize(tmp_path, volume, (2, 2, 3)) == {}
    volume[0, 0, 0] = CELL
    assert skeletonize(tmp_path, volume) == {}
    skeletons = skeletonize(tmp_path, volume, settings=changed(dust_nm3=0))
    assert skeletons[CELL].vertices_nm.tolist() == [[12.5, 5, 5]]
    assert len(skeletons[CELL].edges) == 0
    as_table(describe_skeletons(skeletons), SKELETONS)


def test_one_cell_may_fill_all_tiles(tmp_path):
    volume = np.full(SHAPE, CELL, np.uint64)
    (skeleton,) = skeletonize(tmp_path, volume, settings=SMALL_TILES).values()
    check_trees(skeleton)
    assert not skeleton.component.any()


def test_a_soma_has_paths_from_its_middle_and_its_nucleus_is_filled(tmp_path):
    shape, size = (60, 60, 60), (100, 100, 100)
    place = (np.indices(shape) + 0.5) * 100 - 3000
    away = np.linalg.norm(place, axis=0)
    arm = (np.hypot(place[0], place[1]) < 200) & (place[2] > 0)
    volume = ((away < 1600) | arm).astype(np.uint64)
    volume[away < 700] = 0
    rules = changed(
        voxel_nm=100,
        soma_acceptance_nm=1200,
        soma_detection_nm=400,
        soma_invalidation_const_nm=300,
        tile_nm=9000,
    )
    (skeleton,) = skeletonize(tmp_path, volume, settings=rules, size=size).values()
    check_trees(skeleton)
    assert np.linalg.norm(skeleton.vertices_nm[0] - 3000) < 200
    assert skeleton.radius_nm[0] == pytest.approx(1600, rel=0.1)
    assert (np.bincount(skeleton.edges.ravel()) == 1).sum() == 2
    tiled = skeletonize(tmp_path, volume, settings=rules | {"tile_nm": 3100}, size=size)
    check_trees(tiled[1])
    assert not tiled[1].component.any()


def test_small_parts_are_dust_wherever_tiles_lie(tmp_path):
    volume = np.zeros(SHAPE, np.uint64)
    volume[29:35, 70:82, 70:82] = 5  # 2.16e6 nm3, in eight tiles
    for limit, found in ((1.8e6, [5]), (2.5e6, [])):
        for tile_nm in (1000, 9000):
            rules = changed(dust_nm3=limit, tile_nm=tile_nm)
            assert list(skeletonize(tmp_path, volume, settings=rules)) == found


def test_ends_are_joined_up_to_a_distance():
    for gap, parts in ((290, 1), (310, 2)):
        one = one_piece([straight((0, 0, 0), (0, 0, 100), 51)])
        two = one_piece([straight((0, 0, 100 + gap // 10), (0, 0, 300), 51)])
        (skeleton,) = merge([two, one]).values()
        check_trees(skeleton)
        assert skeleton.component[-1] + 1 == parts
        assert cable_um(skeleton) == pytest.approx(3 if parts == 1 else 2.69)


def test_the_shortest_links_are_made_and_no_tree_is_joined_twice():
    trunk = one_piece([straight((0, 0, 0), (0, 0, 300), 151)])
    side = one_piece([straight((0, 20, 150), (0, 150, 150), 66)])
    other = one_piece([straight((0, 25, 165), (0, 150, 220), 66)])
    (skeleton,) = merge([trunk, side, other], changed(join_nm=260)).values()
    check_trees(skeleton)
    assert not skeleton.component.any()
    assert describe_skeletons({1: skeleton})["end_count"].item() == 4


def test_ticks_are_cut_off_in_nm_but_not_the_last_branch():
    trunk = straight((0, 0, 0), (0, 0, 300), 151)
    short = straight((0, 0, 100), (0, 39, 100), 20)
    long = straight((0, 0, 200), (0, 41, 200), 21)
    piece = one_piece([trunk, short, long], radius=50)
    (skeleton,) = merge([piece], changed(tick_nm=300, tick_scale=2)).values()
    check_trees(skeleton)
    assert cable_um(skeleton) == pytest.approx(3.41)
    (alone,) = merge([one_piece([straight((0, 0, 0), (0, 0, 10), 6)])]).values()
    assert cable_um(alone) == pytest.approx(0.1)


def test_ticks_on_ticks_go_shortest_first():
    trunk = straight((0, 0, 0), (0, 0, 300), 151)
    stem = straight((0, 0, 150), (0, 20, 150), 11)
    tips = [
        straight((0, 20, 150), (0, 30, 140), 6),
        straight((0, 20, 150), (0, 29, 162), 6),
    ]
    (skeleton,) = merge(
        [one_piece([trunk, stem, *tips])], changed(tick_scale=1, smooth_nm=0)
    ).values()
    assert cable_um(skeleton) == pytest.approx(3.35, abs=0.01)


def test_a_branch_inside_of_the_ball_of_others_is_a_double():
    trunk = straight((0, 0, 0), (0, 0, 300), 151)
    beside = [(0, 0, 100), *straight((0, 4, 102), (0, 4, 200), 50)]
    thick = one_piece([trunk, beside], radius=100)
    (skeleton,) = merge([thick]).values()
    assert cable_um(skeleton) == pytest.approx(3)


def test_cycles_open_where_they_are_thinnest():
    one = one_piece([straight((0, 0, 0), (0, 0, 200), 101)], radius=15)
    way = (
        straight((0, 0, 0), (0, 100, 100), 51)
        + straight((0, 100, 100), (0, 0, 200), 51)[1:]
    )
    two = one_piece([way], radius=20)
    two.radius_nm[70] = 5
    (skeleton,) = merge([one, two], changed(smooth_nm=0)).values()
    check_trees(skeleton)
    expected = 2 + 2 * 100 * np.sqrt(2) / 100 - 0.02 * np.sqrt(2) * 2
    assert cable_um(skeleton) == pytest.approx(expected, rel=0.02)


def test_a_zigzag_is_as_long_as_the_way_it_goes():
    way = [(0, 2 * (x // 2 % 2), x) for x in range(0, 300, 2)]
    fine = changed(smooth_nm=0, spacing_nm=1, error_nm=0)
    (rough,) = merge([one_piece([way], radius=50)], fine).values()
    (smooth,) = merge([one_piece([way], radius=50)]).values()
    check_trees(smooth)
    assert cable_um(rough) > 4.1
    assert cable_um(smooth) == pytest.approx(2.98, rel=0.01)
    ends = [
        one.vertices_nm[np.bincount(one.edges.ravel()) == 1] for one in (rough, smooth)
    ]
    np.testing.assert_array_equal(*(np.sort(places, axis=0) for places in ends))
    (thin,) = merge([one_piece([way], radius=5)]).values()
    away, _ = cKDTree(points_on(rough.vertices_nm, rough.edges, 1)).query(
        thin.vertices_nm
    )
    assert away.max() <= 5.5


@given(st.integers(0, 2**32 - 1))
def test_thinned_nodes_keep_to_the_course(seed):
    rng = np.random.default_rng(seed)
    steps = rng.integers([-1, -1, 0], [2, 2, 3], (300, 3))
    walk = np.unique(np.cumsum(steps, axis=0), axis=0)
    path = [tuple(p) for p in walk[np.argsort(walk[:, 2], kind="stable")].tolist()]
    (fine,) = merge([one_piece([path])], changed(spacing_nm=1, error_nm=0)).values()
    (thin,) = merge([one_piece([path])], changed(spacing_nm=150, error_nm=30)).values()
    check_trees(thin)
    assert len(thin.radius_nm) < len(fine.radius_nm)
    assert set(map(tuple, thin.vertices_nm)) <= set(map(tuple, fine.vertices_nm))
    away, _ = cKDTree(points_on(thin.vertices_nm, thin.edges, 2)).query(
        fine.vertices_nm
    )
    assert away.max() <= 31


def test_files_have_the_same_bytes_and_give_back_what_went_in(tmp_path):
    volume = tube(SHAPE, LINES["bent"])
    volume[0:20, 0:40, 0:40] = 3
    skeletons = skeletonize(tmp_path, volume)
    for name in ("one.h5", "two.h5"):
        write_skeletons(tmp_path / name, skeletons.items(), SIZE)
        time.sleep(0.01)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    assert list_cells(tmp_path / "one.h5").tolist() == [3, CELL]
    for cell, skeleton in skeletons.items():
        found = read_skeleton(tmp_path / "one.h5", cell)
        for one, other, dtype in zip(found, skeleton, ("f4", "u4", "f4", "u4")):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == dtype
    with pytest.raises(InputError, match="no skeleton of cell 77"):
        read_skeleton(tmp_path / "one.h5", 77)


def test_of_several_middles_both_sides_choose_the_same():
    plane = np.zeros((20, 30), np.uint32)
    plane[2:6, 3:13] = 1
    plane[2:6, 13:15] = 2
    plane[12:15, 3:6] = 1
    places, depth = find_middles(plane, np.s_[0:20, 0:30], (20, 20))
    assert len(places) == 3
    mirrored, _ = find_middles(plane * np.uint32(7), np.s_[0:20, 0:30], (20, 20))
    np.testing.assert_array_equal(places, mirrored)
    assert [13, 4] in places.tolist()
    volume = np.stack([plane] * 5)
    targets = find_targets(volume, np.s_[0:5, 0:20, 0:30], (25, 20, 20))
    assert {(0, 13, 4), (4, 13, 4)} <= set(map(tuple, targets.tolist()))
    assert depth.max() > 20


@given(
    st.tuples(*[st.integers(0, 30)] * 3),
    st.tuples(*[st.integers(1, 200)] * 3),
    st.tuples(*[st.integers(20, 90)] * 3),
)
def test_tiles_cover_the_lattice_once_and_belong_to_one_chunk(start, shape, chunk):
    box, rules = Box.of(shape, start), {"voxel_nm": 25, "tile_nm": 1000, "halo_nm": 0}
    step, tiles = plan_tiles(box, SIZE, rules)
    grid = Grid(box, chunk)
    lattice = [range(-(-a // n), (b - 1) // n + 1) for a, b, n in zip(*box, step)]
    seen = np.zeros([len(r) for r in lattice], int)
    for tile in tiles:
        seen[tile.owned.shift([-r.start for r in lattice]).slices] += 1
        inner = voxel_box(tile, step)
        assert inner.intersect(box) == inner
        assert max(np.subtract(inner.shape, 1) * SIZE) <= 1000
    assert (seen == 1).all()
    owners = [t for name in grid.chunks for t in tiles_of(grid, name, step, tiles)]
    assert sorted(owners) == sorted(tiles)
    behind = chunks_behind(grid, [voxel_box(tile, step) for tile in tiles])
    assert set(behind) <= set(grid.chunks)


def test_a_cell_is_read_in_milliseconds(tmp_path):
    line = np.stack([np.arange(50.0)] * 3, axis=1)
    edges = np.stack([np.arange(49), np.arange(1, 50)], axis=1)
    one = Skeleton(line, edges, np.ones(50), np.zeros(50))
    cells = np.arange(1, 3000, dtype=np.uint64) + np.uint64(2**63)
    write_skeletons(tmp_path / "many.h5", ((c, one) for c in cells), SIZE)
    found = read_skeleton(tmp_path / "many.h5", int(cells[1234]))
    np.testing.assert_array_equal(found.edges, edges)
    assert (tmp_path / "many.h5").stat().st_size < 3000 * 4000


def test_settings_of_the_config_are_those_of_the_tests():
    assert SETTINGS["tile_nm"] > 0
