"""Volumes of every format give the same voxels, on the grid of the dataset."""

import functools
import http.server
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from neuropil.errors import InputError
from neuropil.grid import Box, tile
from neuropil.volumes import images, open_role, open_volume
from neuropil.volumes.base import Volume
from neuropil.volumes.checks import check_volumes
from neuropil.volumes.roles import covered_box, place
from neuropil.volumes.stores import store_spec
from volume_files import (
    SIZE,
    make_dataset,
    write_hdf5,
    write_n5,
    write_ome,
    write_precomputed,
    write_sections,
    write_store,
    write_tiff,
    write_zarr2,
    write_zarr3,
)

SHAPE = (9, 12, 15)
GIVEN = {"voxel_size_nm": dict(zip("zyx", SIZE))}
WRITERS = {
    "hdf5": write_hdf5,
    "zarr2": write_zarr2,
    "zarr3": write_zarr3,
    "ome2": write_ome,
    "ome3": functools.partial(write_ome, version=3),
    "n5": write_n5,
    "precomputed": write_precomputed,
    "tiff": write_tiff,
    "tiff zlib": functools.partial(write_tiff, compression="zlib"),
    "tiff imagej": functools.partial(write_tiff, imagej=True),
    "tiff sections": write_sections,
    "png sections": functools.partial(write_sections, suffix=".png"),
}
BOXES = [
    Box((0, 0, 0), SHAPE),
    Box((2, 3, 4), (5, 4, 14)),
    Box((-3, -1, 2), (4, 20, 9)),
    Box((8, 11, 14), (9, 12, 15)),
    Box((20, 0, 0), (22, 3, 3)),
    Box((2, 2, 2), (2, 5, 5)),
]


def noise(shape=SHAPE, dtype="u1", seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def cut(array, box):
    """Cut a box out of an array, zero outside."""
    out = np.zeros(box.shape, array.dtype)
    inner = box.intersect(Box.of(array.shape))
    out[inner.within(box)] = array[inner.slices]
    return out


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_reads_the_same_boxes(name, tmp_path):
    array = noise()
    volume = open_volume(WRITERS[name](tmp_path, array) | GIVEN)
    assert volume.shape == SHAPE
    assert volume.dtype == np.uint8
    assert volume.voxel_size_nm == SIZE
    for box in BOXES:
        found = volume.read(box)
        assert found.dtype == np.uint8
        assert found.flags.c_contiguous
        np.testing.assert_array_equal(found, cut(array, box))


@pytest.mark.parametrize("name", ["hdf5", "zarr2", "zarr3", "n5", "precomputed"])
def test_ids_of_64_bits_are_exact(name, tmp_path):
    array = noise(dtype="u8") | np.uint64(2**63)
    volume = open_volume(WRITERS[name](tmp_path, array) | GIVEN)
    np.testing.assert_array_equal(volume.read(Box.of(SHAPE)), array)


@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_stacks_keep_their_type(dtype, tmp_path):
    array = noise(dtype="u2").astype(dtype)
    for name in ("tiff", "tiff zlib", "tiff sections"):
        volume = open_volume(WRITERS[name](tmp_path, array) | GIVEN)
        assert volume.dtype == dtype
        np.testing.assert_array_equal(volume.read(BOXES[1]), cut(array, BOXES[1]))


@pytest.mark.parametrize("dtype", [">u2", ">u8"])
def test_byte_order_is_that_of_the_machine(dtype, tmp_path):
    array = noise(dtype=np.dtype(dtype).newbyteorder("="))
    volume = open_volume(write_hdf5(tmp_path, array.astype(dtype)) | GIVEN)
    assert volume.read(BOXES[1]).dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(volume.read(BOXES[1]), cut(array, BOXES[1]))


@pytest.mark.parametrize(
    ("name", "offset"),
    [
        ("zarr2", (1, 2, 3)),
        ("ome2", (0, 0, 0)),
        ("n5", (0, 0, 0)),
        ("precomputed", (120, 32, 8)),
    ],
)
def test_metadata_give_voxel_size_and_offset(name, offset, tmp_path):
    volume = open_volume(WRITERS[name](tmp_path, noise()))
    assert volume.voxel_size_nm == SIZE
    assert volume.offset_nm == offset


@pytest.mark.parametrize(
    ("attributes", "size", "offset"),
    [
        ({"voxel_size_nm": SIZE, "offset_vx": (1, 2, 3)}, SIZE, (40, 32, 24)),
        ({"resolution": SIZE, "offset": (5, 0, 1)}, SIZE, (5, 0, 1)),
        ({"element_size_um": (0.0475, 0.0046, 0.0046)}, (47.5, 4.6, 4.6), (0, 0, 0)),
    ],
)
def test_attributes_of_hdf5_give_voxel_size_and_offset(
    attributes, size, offset, tmp_path
):
    volume = open_volume(write_hdf5(tmp_path, noise(), **attributes))
    assert volume.voxel_size_nm == size
    assert volume.offset_nm == offset


def test_imagej_metadata_give_the_voxel_size(tmp_path):
    source = write_tiff(
        tmp_path,
        noise(),
        imagej=True,
        resolution=(1 / 0.008, 1 / 0.016),
        metadata={"spacing": 0.04, "unit": "um"},
    )
    np.testing.assert_allclose(open_volume(source).voxel_size_nm, SIZE, rtol=1e-6)


def test_units_of_ome_are_honoured(tmp_path):
    volume = open_volume(write_ome(tmp_path, noise(), unit="micrometer"))
    assert volume.voxel_size_nm == tuple(1000 * v for v in SIZE)


@pytest.mark.parametrize("name", ["ome2", "ome3", "n5"])
def test_a_level_is_chosen_by_number_or_by_voxel_size(name, tmp_path):
    array, double = noise(), {a: 2 * s for a, s in zip("zyx", SIZE)}
    source = WRITERS[name](tmp_path, array)
    for choice in ({"level": 1}, {"voxel_size_nm": double}):
        volume = open_volume(source | choice)
        assert volume.voxel_size_nm == tuple(double.values())
        np.testing.assert_array_equal(
            volume.read(Box.of(volume.shape)), array[::2, ::2, ::2]
        )


@pytest.mark.parametrize(
    ("translations", "corner"),
    [
        (((0, 0, 0), (0, 0, 0)), (0, 0, 0)),  # the writer means corners
        (((0, 0, 0), (20, 8, 4)), (0, 0, 0)),  # centres, as OME says
        (((40, 0, 0), (60, 8, 4)), (40, 0, 0)),
    ],
)
def test_levels_of_ome_share_their_corner(translations, corner, tmp_path):
    source = write_ome(tmp_path, noise(), translations=translations)
    for level in (0, 1):
        assert open_volume({**source, "level": level}).offset_nm == corner


def test_axes_and_channels_are_put_in_order(tmp_path):
    array = noise((3, *SHAPE))
    xyz = np.ascontiguousarray(array[2].T)
    source = write_hdf5(tmp_path, xyz, dataset="xyz", voxel_size_nm=SIZE[::-1])
    volume = open_volume({**source, "axes": "xyz"})
    assert (volume.shape, volume.voxel_size_nm) == (SHAPE, SIZE)
    np.testing.assert_array_equal(volume.read(BOXES[2]), cut(array[2], BOXES[2]))
    source = write_hdf5(tmp_path, array, "channels.h5") | GIVEN | {"channel": 1}
    volume = open_volume(source)
    np.testing.assert_array_equal(volume.read(BOXES[2]), cut(array[1], BOXES[2]))


@pytest.mark.parametrize("name", ["tiff", "tiff zlib", "png sections", "zarr3"])
def test_changing_what_was_read_changes_nothing_else(name, tmp_path):
    array = noise()
    volume = open_volume(WRITERS[name](tmp_path, array) | GIVEN)
    for _ in range(2):
        found = volume.read(BOXES[0])
        np.testing.assert_array_equal(found, array)
        found[...] = 0


@pytest.fixture
def server(tmp_path):
    """Serve a folder over HTTP on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as service:
        thread = threading.Thread(target=service.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{service.server_port}"
        service.shutdown()


@pytest.mark.parametrize("name", ["precomputed", "zarr2", "zarr3", "ome2", "n5"])
def test_volumes_are_read_over_http(name, server, tmp_path):
    array = noise()
    source = WRITERS[name](tmp_path, array) | GIVEN
    source["path"] = source["path"].replace(str(tmp_path), server)
    volume = open_volume(source)
    np.testing.assert_array_equal(volume.read(BOXES[2]), cut(array, BOXES[2]))
    if name == "precomputed":
        source["path"] = f"precomputed://{source['path']}"
        assert open_volume(source).shape == SHAPE


@pytest.mark.parametrize(
    ("source", "spec"),
    [
        (
            {"path": "gs://bucket/a/b"},
            {"driver": "gcs", "bucket": "bucket", "path": "a/b/in/"},
        ),
        (
            {"path": "s3://bucket/a/", "anonymous": True},
            {
                "driver": "s3",
                "bucket": "bucket",
                "path": "a/in/",
                "aws_credentials": {"type": "anonymous"},
            },
        ),
        (
            {"path": "https://host/a"},
            {"driver": "http", "base_url": "https://host/a/in/"},
        ),
    ],
)
def test_addresses_become_stores(source, spec):
    assert store_spec(source, "in") == spec


def as_volume(array, size=SIZE, offset=(0.0, 0.0, 0.0)):
    return Volume(
        "array", array.shape, array.dtype, size, offset, lambda box: array[box.slices]
    )


sizes = st.sampled_from([4.6, 9.2, 10.0, 10.1, 20.0, 25.0, 40.0])


@given(
    st.tuples(sizes, sizes, sizes),
    st.tuples(*[st.sampled_from([-13.7, 0.0, 4.6, 100.0])] * 3),
    st.tuples(*[st.integers(1, 5)] * 3),
)
def test_maps_are_sampled_at_centres_for_any_box(size, offset, block):
    array, shape, fine = noise((5, 6, 7)), (6, 7, 8), (25.0, 9.2, 10.0)
    dataset = make_dataset(shape, {}, fine)
    volume = place(as_volume(array, size, offset), dataset)
    places = [
        np.floor(((np.arange(n) + 0.5) * f - o) / s + 1e-9).astype(int)
        for n, f, o, s in zip(shape, fine, offset, size)
    ]
    inside = [(p >= 0) & (p < n) for p, n in zip(places, array.shape)]
    clipped = [np.clip(p, 0, n - 1) for p, n in zip(places, array.shape)]
    held = inside[0][:, None, None] & inside[1][:, None] & inside[2]
    expected = np.where(held, array[np.ix_(*clipped)], 0)
    whole = volume.read(Box.of(shape))
    np.testing.assert_array_equal(whole, expected)
    for part in tile(Box.of(shape), block):
        np.testing.assert_array_equal(volume.read(part), whole[part.slices])
    covered = covered_box(as_volume(array, size, offset), dataset)
    found = [np.flatnonzero(i) for i in inside]
    if all(len(f) for f in found):
        assert covered.start == tuple(f[0] for f in found)
        assert covered.stop == tuple(f[-1] + 1 for f in found)
    else:
        assert not covered.size


def test_a_fourfold_coarser_map_covers_blocks_of_four(tmp_path):
    array = noise((2, 3, 4))
    coarse = dict(zip("zyx", (4 * s for s in SIZE)))
    source = write_hdf5(tmp_path, array) | {"voxel_size_nm": coarse}
    volume = open_role(make_dataset((8, 12, 16), {"myelin": source}), "myelin")
    expected = array.repeat(4, 0).repeat(4, 1).repeat(4, 2)
    np.testing.assert_array_equal(volume.read(Box.of((8, 12, 16))), expected)
    part = Box((3, 2, 5), (6, 7, 6))
    np.testing.assert_array_equal(volume.read(part), expected[part.slices])


def test_the_box_of_a_dataset_keeps_the_coordinates_of_the_whole(tmp_path):
    array, box = noise(), Box((1, 2, 3), (5, 9, 10))
    dataset = make_dataset(SHAPE, {"raw": write_hdf5(tmp_path, array)}, box=box)
    found = open_role(dataset, "raw").read(Box.of(SHAPE))
    expected = np.zeros_like(array)
    expected[box.slices] = array[box.slices]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("role", "kind", "stored", "expected"),
    [
        ("mi", None, np.array([0, 7, 255], "u1"), [0, 7, 255]),
        ("mi", "probability", np.array([0, 0.5, 1], "f4"), [0, 128, 255]),
        ("mi", "probability", np.array([0.2, 0.002, 1.0005], "f8"), [51, 1, 255]),
        ("mi", "probability", np.array([0, 0.25, 1], "f2"), [0, 64, 255]),
        ("mi", "mask", np.array([0, 1, 3], "i4"), [0, 255, 255]),
        ("mi", "mask", np.array([False, True, True]), [0, 255, 255]),
        ("supervoxels", None, np.array([0, 2**63 + 1, 3], "u8"), [0, 2**63 + 1, 3]),
        ("supervoxels", None, np.array([0, 2**40, 3], "i8"), [0, 2**40, 3]),
        ("raw", None, np.array([0, 900, 3], "u2"), [0, 900, 3]),
    ],
)
def test_values_are_converted_by_their_kind(role, kind, stored, expected, tmp_path):
    source = write_hdf5(tmp_path, stored[None, None]) | ({"kind": kind} if kind else {})
    volume = open_role(make_dataset((1, 1, 3), {role: source}), role)
    found = volume.read(Box.of((1, 1, 3)))
    assert found.dtype == volume.dtype
    assert found.ravel().tolist() == expected
    assert volume.dtype == {"supervoxels": "u8", "raw": "u2"}.get(role, "u1")


def test_a_mask_may_be_some_of_several_classes(tmp_path):
    stored = np.array([[[0, 32, 191, 255, 191]]], "u1")
    source = write_hdf5(tmp_path, stored) | {"values": [32, 191]}
    volume = open_role(make_dataset((1, 1, 5), {"mi": source}), "mi")
    assert volume.read(Box.of((1, 1, 5))).ravel().tolist() == [0, 255, 255, 0, 255]
    (tmp_path / "decimal").mkdir()
    decimal = write_hdf5(tmp_path / "decimal", stored / 255) | {"values": [1]}
    with pytest.raises(InputError, match="expected whole numbers"):
        open_role(make_dataset((1, 1, 5), {"mi": decimal}), "mi")


def test_checks_describe_every_volume(tmp_path):
    raw = noise((20, 70, 70))
    half = write_hdf5(tmp_path, raw[:10], dataset="half") | {"kind": "mask"}
    volumes = {"raw": write_hdf5(tmp_path, raw), "mi": half}
    checks = check_volumes(make_dataset(raw.shape, volumes))
    assert checks["volumes"]["raw"]["covered_fraction"] == 1
    assert checks["volumes"]["mi"]["covered_fraction"] == 0.5
    assert checks["volumes"]["mi"]["greatest"] == 255
    (warning,) = checks["warnings"]
    assert "covers 50.0% of the dataset's box" in warning


def test_a_segmentation_with_one_far_label_is_not_empty(tmp_path):
    labels = np.zeros((40, 200, 200), "u4")
    labels[25, 65, 66] = 1  # between the samples
    dataset = make_dataset(labels.shape, {"supervoxels": write_hdf5(tmp_path, labels)})
    assert check_volumes(dataset)["volumes"]["supervoxels"]["greatest"] == 1


def test_a_file_with_one_array_needs_no_name_of_it(tmp_path):
    source = write_hdf5(tmp_path, noise())
    del source["dataset"]
    assert open_volume(source | GIVEN).shape == SHAPE
    write_hdf5(tmp_path, noise(), dataset="other")
    with pytest.raises(InputError, match=r"it holds: em/data, other\."):
        open_volume(source | GIVEN)


def test_compressions_that_tifffile_lacks_are_read(tmp_path):
    array, pages = noise(), [Image.fromarray(section) for section in noise()]
    options = {"compression": "tiff_lzw"}
    pages[0].save(
        tmp_path / "stack.tif", save_all=True, append_images=pages[1:], **options
    )
    (tmp_path / "sections").mkdir()
    for number, page in enumerate(pages):
        page.save(tmp_path / "sections" / f"{number}.tif", **options)
    for name in ("stack.tif", "sections"):
        volume = open_volume({"path": str(tmp_path / name)} | GIVEN)
        np.testing.assert_array_equal(volume.read(BOXES[1]), cut(array, BOXES[1]))


def test_a_channel_of_colour_sections_is_read(tmp_path):
    array = noise((*SHAPE, 3))
    source = write_sections(tmp_path, array) | GIVEN | {"channel": 2}
    np.testing.assert_array_equal(
        open_volume(source).read(BOXES[1]), cut(array[..., 2], BOXES[1])
    )


def test_only_the_sections_of_a_box_are_read(tmp_path, monkeypatch):
    source, read = write_sections(tmp_path, noise()), []
    volume = open_volume(source | GIVEN)
    original = images.read_section
    monkeypatch.setattr(
        images,
        "read_section",
        lambda path, name: (read.append(path.name), original(path, name))[1],
    )
    volume.read(Box((2, 0, 0), (4, 5, 5)))
    volume.read(Box((2, 5, 5), (5, 9, 9)))
    assert read == [f"s2_section_{n}.tif" for n in (9, 10, 11)]


def test_a_dense_array_of_a_store_is_found_without_suffix(tmp_path):
    array = noise()
    write_store("zarr", tmp_path / "plain", array)
    volume = open_volume({"path": str(tmp_path / "plain")} | GIVEN)
    np.testing.assert_array_equal(volume.read(Box.of(SHAPE)), array)
