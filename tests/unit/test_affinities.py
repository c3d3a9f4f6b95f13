"""Affinities of faces: as a plain walk over voxels reads them, for any chunks."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from test_supervoxels import SIZE, as_volume, make_map, segment

from neuropil.blocks import map_blocks
from neuropil.config_sources import sources
from neuropil.grid import Box, Grid
from neuropil.segmentation.edges import add_up_edges, extract_edges, measure_edges
from neuropil.volumes import open_faces, open_role
from neuropil.volumes.affinities import Faces, find_boundaries
from volume_files import write_hdf5, write_store

SHAPE = (7, 11, 13)
PAIR = ["supervoxel_a", "supervoxel_b"]
BOXES = [
    Box.of(SHAPE),
    Box((0, 3, 4), (2, 11, 9)),
    Box((3, 0, 12), (7, 5, 13)),
    Box((2, 3, 4), (3, 4, 5)),
]


def noise(shape=SHAPE, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (3, *shape), np.uint8)


def write_channels_last(driver, folder, array):
    path = folder / f"volume.{driver}"
    write_store(driver, path, np.ascontiguousarray(np.moveaxis(array, 0, -1)))
    return {"path": str(path), "axes": "zyxc"}


def write_zarr(folder, array):
    write_store("zarr", folder / "volume.zarr", array)
    return {"path": str(folder / "volume.zarr")}


def write_n5(folder, array):
    write_store("n5", folder / "volume.n5", np.ascontiguousarray(array.T))
    return {"path": str(folder / "volume.n5")}


WRITERS = {
    "hdf5": write_hdf5,
    "zarr": write_zarr,
    "n5": write_n5,
    "zarr, channels last": partial(write_channels_last, "zarr"),
}


def as_dataset(source, sections=False, shape=SHAPE):
    """Dataset of affinities alone, as a config describes it."""
    config = {
        "volumes": {"affinities": source},
        "segmentation": {"map": "affinities", "sections": sections},
        "organelles": {},
    }
    return {
        "volumes": sources(config),
        "voxel_size_nm": dict(zip("zyx", SIZE)),
        "offset_nm": {"z": 0, "y": 0, "x": 0},
        "shape_vx": shape,
        "box_vx": Box.of(shape),
    }


def plain_boundaries(affinities, axes):
    """Mean of 255 - affinity over the faces of each voxel, by the definition."""
    shape = affinities.shape[1:]
    out = np.zeros(shape, np.uint8)
    for place in np.ndindex(shape):
        found = []
        for axis in axes:
            for step in (0, 1):  # the face below the voxel, and that above it
                upper = list(place)
                upper[axis] += step
                if 0 < upper[axis] < shape[axis]:
                    found.append(int(affinities[(axis, *upper)]))
        out[place] = 255 - (2 * sum(found) + len(found)) // (2 * len(found))
    return out


@pytest.mark.parametrize("sections", [False, True])
@pytest.mark.parametrize("name", WRITERS)
def test_the_map_is_that_of_the_faces_of_a_voxel_in_any_format(
    name, sections, tmp_path
):
    affinities = noise()
    source = WRITERS[name](tmp_path, affinities)
    volume = open_role(as_dataset(source, sections), "membrane")
    expected = plain_boundaries(affinities, (1, 2) if sections else (0, 1, 2))
    for box in BOXES:
        np.testing.assert_array_equal(volume.read(box), expected[box.slices])


def test_decimal_numbers_are_scaled(tmp_path):
    affinities = noise()
    parts = affinities.astype("f4") / 255
    for name, array in (("whole.h5", affinities), ("parts.h5", parts)):
        write_hdf5(tmp_path, array, name)
    found = [
        open_faces(as_dataset({"path": str(tmp_path / f"{name}.h5")}), "membrane")
        for name in ("whole", "parts")
    ]
    one, other = (faces.read(Box.of(SHAPE)) for faces in found)
    np.testing.assert_array_equal(one, 255 - affinities)
    np.testing.assert_array_equal(one, other)


def test_channels_and_neighbours_may_be_others(tmp_path):
    affinities = noise()
    others = noise(seed=1)
    stored = np.concatenate([affinities[::-1], others])  # x, y, z, and long ones
    given = {"channels": {"z": 2, "y": 1, "x": 0}}
    previous = write_hdf5(tmp_path, stored, "previous.h5")
    for axis in range(3):  # a voxel gets what its neighbour at +1 has
        stored[2 - axis] = np.roll(stored[2 - axis], -1, axis)
    following = write_hdf5(tmp_path, stored, "next.h5")
    one, other = (
        as_dataset({**given, **source, "toward": toward})
        for source, toward in ((previous, "previous"), (following, "next"))
    )
    inner = (slice(1, None),) * 3
    for box in BOXES:
        maps = [open_role(dataset, "membrane").read(box) for dataset in (one, other)]
        np.testing.assert_array_equal(*maps)
        faces = [open_faces(dataset, "membrane").read(box) for dataset in (one, other)]
        np.testing.assert_array_equal(
            faces[0], 255 - affinities[(slice(None), *box.slices)]
        )
        if box == Box.of(SHAPE):  # the lowest faces lead out of the volume
            np.testing.assert_array_equal(*(f[(slice(None), *inner)] for f in faces))


def plain_faces(labels, affinities):
    """255 - affinity of the faces of each pair, voxel by voxel: (axis, value)."""
    found = {}
    for place in np.ndindex(labels.shape):
        for axis in range(3):
            below = tuple(n - (k == axis) for k, n in enumerate(place))
            if below[axis] < 0:
                continue
            a, b = int(labels[below]), int(labels[place])
            if a != b and a and b:
                value = 255 - int(affinities[(axis, *place)])
                found.setdefault((min(a, b), max(a, b)), []).append((axis, value))
    return found


def as_faces(affinities):
    return Faces([as_volume(values) for values in affinities])


def measure(labels, affinities, chunk=None, block=None):
    """Sums of the edges of all chunks."""
    grid = Grid(Box.of(labels.shape), chunk or labels.shape)
    walks = [
        partial(
            map_blocks,
            box=grid.core(name),
            block_shape=block or labels.shape,
            threads=1,
        )
        for name in grid.chunks
    ]
    volumes = as_volume(labels), as_faces(affinities)
    return add_up_edges(extract_edges(*volumes, walk) for walk in walks)


@pytest.mark.parametrize(("chunk", "block"), [(SHAPE, SHAPE), ((3, 6, 13), (2, 5, 4))])
def test_an_edge_has_the_affinities_of_its_own_faces(chunk, block):
    labels = np.random.default_rng(2).integers(0, 6, SHAPE).astype(np.uint64)
    labels += (labels > 0) * np.uint64(2**63)
    affinities = noise()
    sums = measure(labels, affinities, chunk, block)
    expected = plain_faces(labels, affinities)
    assert list(map(tuple, sums[PAIR].to_numpy().tolist())) == sorted(expected)
    for row, key in zip(sums.itertuples(), sorted(expected)):
        axes, values = map(np.array, zip(*expected[key]))
        assert row.map_sum == values.sum()
        counts = np.bincount(axes, minlength=3).tolist()
        assert [row.faces_z, row.faces_y, row.faces_x] == counts
        bins = [getattr(row, f"bin_{k}") for k in range(16)]
        assert bins == np.bincount(values // 16, minlength=16).tolist()


def test_what_is_low_along_z_parts_what_lies_above_each_other_alone():
    labels = np.array([[[1, 2]], [[3, 4]]], np.uint64)
    affinities = np.full((3, 2, 1, 2), 250, np.uint8)
    affinities[0, 1] = 10  # of the upper voxels to the lower ones
    affinities[1] = 0  # no voxel has a neighbour along y
    affinities[:2, 0] = affinities[2, :, :, 0] = 0  # these lead out of the volume
    edges = measure_edges(measure(labels, affinities), SIZE, "mean")
    score = edges.set_index(PAIR)["score"] * 255
    assert score.to_dict() == pytest.approx(
        {(1, 2): 250, (1, 3): 10, (2, 4): 10, (3, 4): 250}
    )


def test_any_chunks_give_the_same_supervoxels(tmp_path):
    shape = (16, 44, 48)
    affinities = np.stack([255 - make_map(shape, seed) for seed in range(3)])
    volume = find_boundaries(as_faces(affinities), "zyx")
    values = volume.read(volume.box)
    whole = segment(values, tmp_path)
    assert whole.max() > 10
    grid = Grid(volume.box, (9, 30, 17))
    for name in grid.chunks:
        core = grid.core(name)
        np.testing.assert_array_equal(volume.read(core), values[core.slices])
    parts = measure(whole, affinities, (9, 30, 17), (4, 13, 17))
    pd.testing.assert_frame_equal(parts, measure(whole, affinities))
