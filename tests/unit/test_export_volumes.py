"""Volumes for Neuroglancer: other tools read the labels that went in."""

import itertools

import numpy as np
import pytest
import tensorstore as ts
from cloudvolume import CloudVolume
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuropil.exports.downsampling import halve
from neuropil.exports.levels import describe_volume, plan_levels
from neuropil.exports.volumes import Source, write_overview, write_tile
from neuropil.grid import Box

SHAPE, START, SIZE = (70, 170, 150), (3, 0, 8), (40.0, 4.6, 4.6)


def make_voxels(dtype):
    rng = np.random.default_rng(0)
    small = rng.integers(0, 40, [-(-n // 9) for n in SHAPE], "u8")
    small[small > 30] += np.uint64(2**63)
    voxels = small.repeat(9, 0).repeat(9, 1).repeat(9, 2)[tuple(map(slice, SHAPE))]
    return voxels.astype(dtype)


def export(folder, voxels, box, tile_vx=64):
    def read(wanted):
        out, inside = np.zeros(wanted.shape, voxels.dtype), wanted.intersect(box)
        if inside.size:
            out[inside.within(wanted)] = voxels[inside.within(box)]
        return out

    stages = plan_levels(box, SIZE, tile_vx)
    for shard in stages[0][0].tiles:
        paths = [folder / level.key / f"{shard}.shard" for level in stages[0]]
        write_tile(paths, stages[0], shard, Source(read, voxels.dtype), 2)
    write_overview(folder, stages, describe_volume(stages, str(voxels.dtype), {}), 1)
    return list(itertools.chain(*stages))


@pytest.fixture(params=["uint64", "uint8"], scope="module")
def exported(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    voxels = make_voxels(request.param)
    return folder, voxels, export(folder, voxels, Box.of(SHAPE, START))


def by_hand(voxels, levels):
    """Levels of a volume made in one piece, with its box growing as planned."""
    first = levels[0].box
    voxels = np.pad(voxels, [(a - b, 0) for a, b in zip(START, first.start)])
    yield voxels
    for finer, coarser in itertools.pairwise(levels):
        steps = tuple(b // a for a, b in zip(finer.factor, coarser.factor))
        missing = [(0, -n % s) for n, s in zip(voxels.shape, steps)]
        voxels = halve(np.pad(voxels, missing, mode="edge"), steps)
        yield voxels


def test_cloud_volume_reads_every_level(exported):
    folder, voxels, levels = exported
    assert len(levels) > 2
    for mip, expected in enumerate(by_hand(voxels, levels)):
        volume = CloudVolume(f"file://{folder}", mip=mip, progress=False)
        np.testing.assert_array_equal(volume[:][..., 0].T, expected)
        assert tuple(volume.voxel_offset)[::-1] == levels[mip].box.start
        assert tuple(volume.resolution)[::-1] == levels[mip].resolution_nm


def test_tensorstore_reads_the_labels_where_they_were(exported):
    folder, voxels, _ = exported
    store = ts.open(
        {
            "driver": "neuroglancer_precomputed",
            "kvstore": {"driver": "file", "path": f"{folder}/"},
        }
    ).result()
    box = Box.of(SHAPE, START)
    found = store[..., 0][box.slices[::-1]].read().result()
    np.testing.assert_array_equal(np.asarray(found).T, voxels)


def test_tiles_of_any_size_and_a_second_run_hold_the_same(exported, tmp_path):
    folder, voxels, levels = exported
    for name, tile_vx in (("same", 64), ("larger", 256)):
        export(tmp_path / name, voxels, Box.of(SHAPE, START), tile_vx)
    for path in folder.rglob("*"):
        if path.is_file():
            other = tmp_path / "same" / path.relative_to(folder)
            assert other.read_bytes() == path.read_bytes()
    for mip in range(len(levels)):
        one, other = (
            CloudVolume(f"file://{f}", mip=mip, progress=False)[:]
            for f in (folder, tmp_path / "larger")
        )
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("size", "tile_vx"),
    [((10, 10, 10), 512), ((40, 4, 4), 512), ((9, 9, 30), 64), ((400, 1, 1), 256)],
)
def test_voxels_come_near_to_cubes_and_shards_are_tiles(size, tile_vx):
    stages = plan_levels(Box.of((700, 5000, 3000), (1, 2, 3)), size, tile_vx)
    levels = [level for stage in stages for level in stage]
    ratios = [max(v.resolution_nm) / min(v.resolution_nm) for v in levels]
    assert all(b <= max(a, 2) for a, b in itertools.pairwise(ratios))
    assert np.prod(levels[-1].box.shape) <= 64**3
    for stage in stages:
        assert len({(*v.tiles,) for v in stage}) == 1
    for level in levels:
        assert all(
            a * f <= s for a, f, s in zip(level.box.start, level.factor, (1, 2, 3))
        )
        assert np.prod(level.block) <= 64**3
        assert {t // b for t, b in zip(level.tile, level.block)} <= {1, 2, 4, 8, 16}


def majority(cell):
    values = cell.ravel().tolist()
    return max(values, key=lambda v: (values.count(v), -values.index(v)))


@given(
    arrays("u8", (2, 4, 4), elements=st.sampled_from([0, 1, 5, 2**63])),
    st.tuples(*[st.sampled_from([1, 2])] * 3),
)
def test_the_most_frequent_label_wins_and_of_several_the_first(voxels, steps):
    found = halve(voxels, steps)
    for place in np.ndindex(found.shape):
        cell = tuple(slice(p * s, (p + 1) * s) for p, s in zip(place, steps))
        assert found[place] == majority(voxels[cell])


def test_grey_values_become_their_rounded_mean():
    values = np.array([[[255, 254], [255, 255]]], "u1")
    assert halve(values, (1, 2, 2)).item() == 255
    assert halve(values, (1, 1, 2)).ravel().tolist() == [255, 255]
