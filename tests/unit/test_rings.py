"""Rings of a cell: both ends are followed, and what is no ring stays as it is."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from tubes import cable_um, changed, check_trees, points_on, skeletonize, tube

SHAPE = (64, 150, 150)  # 1.6 x 1.5 x 1.5 um
PLAIN = changed(ring_nm=0)
ANGLE = np.linspace(0, 2 * np.pi, 25)


def circle(radius, middle=(800, 750, 750)):
    """Points in nm on a closed circle in a plane across z."""
    z = np.full(len(ANGLE), middle[0])
    y = middle[1] + radius * np.cos(ANGLE)
    return np.stack([z, y, middle[2] + radius * np.sin(ANGLE)], axis=1)


def left_out(lines, skeleton):
    """Furthest that a point on lines lies from a skeleton, in nm."""
    tree = cKDTree(points_on(skeleton.vertices_nm, skeleton.edges))
    pairs = [(i, i + 1) for i in range(max(map(len, lines)) - 1)]
    points = [points_on(np.array(line), pairs[: len(line) - 1]) for line in lines]
    return tree.query(np.concatenate(points))[0].max()


@pytest.mark.parametrize(("radius", "tile_nm"), [(350, 6400), (600, 6400), (500, 1000)])
def test_a_ring_is_followed_all_around_and_open_at_one_place(tmp_path, radius, tile_nm):
    line = circle(radius)
    settings = changed(tile_nm=tile_nm)
    (skeleton,) = skeletonize(
        tmp_path, tube(SHAPE, [line], 70), None, settings
    ).values()
    check_trees(skeleton)
    assert left_out([line], skeleton) < 60
    assert cable_um(skeleton) == pytest.approx(2 * np.pi * radius / 1000, rel=0.05)
    assert (np.bincount(skeleton.edges.ravel()) == 1).sum() == 2


def test_a_spine_that_touches_its_dendrite_keeps_neck_and_head(tmp_path):
    shaft = [(800, 300, 60), (800, 300, 1440)]
    neck = [(800, 300, 500), (800, 1000, 500)]
    head = [(800, 1000, 500), (800, 1000, 800), (800, 420, 1000)]
    volume = tube(SHAPE, [shaft], 150) | tube(SHAPE, [neck], 60)
    volume |= tube(SHAPE, [head], 110)
    (skeleton,) = skeletonize(tmp_path, volume).values()
    (plain,) = skeletonize(tmp_path, volume, None, PLAIN).values()
    check_trees(skeleton)
    assert left_out([shaft, neck, head], skeleton) < 100
    assert left_out([shaft, neck, head], plain) > 200


def test_the_ring_opens_where_it_is_thinnest(tmp_path):
    line = circle(500)
    volume = tube(SHAPE, [line[:8], line[10:]], 90) | tube(SHAPE, [line], 45)
    (skeleton,) = skeletonize(tmp_path, volume).values()
    ends = np.flatnonzero(np.bincount(skeleton.edges.ravel()) == 1)
    away = cKDTree(line[8:10]).query(skeleton.vertices_nm[ends])[0]
    assert len(ends) == 2
    assert away.max() < 60


def test_a_ring_shorter_than_the_limit_is_left(tmp_path):
    volume = tube(SHAPE, [circle(350)], 70)
    (one,) = skeletonize(tmp_path, volume, None, changed(ring_nm=3000)).values()
    (plain,) = skeletonize(tmp_path, volume, None, PLAIN).values()
    assert np.array_equal(one.vertices_nm, plain.vertices_nm)


@pytest.mark.parametrize("seed", range(3))
def test_what_has_no_ring_is_traced_as_before(tmp_path, seed):
    random = np.random.default_rng(seed)
    extent = np.multiply(SHAPE, (25, 10, 10))
    middle = extent / 2 + random.uniform(-200, 200, 3)
    ways = np.concatenate([np.eye(3), -np.eye(3)])[random.permutation(6)[:5]]
    lines = [[middle, middle + way * (extent / 2 - 250)] for way in ways]
    volume = tube(SHAPE, lines, random.uniform(60, 200))
    volume |= tube(SHAPE, [[middle, middle + 1]], random.uniform(200, 350))
    (one,) = skeletonize(tmp_path, volume).values()
    (plain,) = skeletonize(tmp_path, volume, None, PLAIN).values()
    assert np.array_equal(one.vertices_nm, plain.vertices_nm)
    assert np.array_equal(one.edges, plain.edges)
