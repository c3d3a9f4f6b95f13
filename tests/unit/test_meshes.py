"""Meshes: of known area and volume, closed, and the same for any chunk grid."""

import numpy as np
import pandas as pd
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mesh_shapes import body, distance_to_mesh, voxels_of
from neuropil.bucket_pieces import read_digests, read_pieces, write_pieces
from neuropil.buckets import bucket_of
from neuropil.errors import InputError
from neuropil.grid import Box, Grid
from neuropil.meshes import chunks as slabwise
from neuropil.meshes import merging, objects
from neuropil.meshes.chunks import extract_meshes
from neuropil.meshes.geometry import is_closed, mesh_area, mesh_volume
from neuropil.meshes.lattice import Lattice
from neuropil.meshes.pieces import Pieces
from neuropil.meshes.store import read_mesh, write_meshes
from neuropil.meshes.surfaces import simplify, smooth, weld
from neuropil.storage import LabelFile, LabelStack, read_table

HIGH = 2**63 + 7
SIZE = (25, 10, 10)


def extract(volume, lattice, chunk=None, block=(8, 16, 16), threads=1):
    """Pieces of the chunks of a volume."""
    grid = Grid(lattice.volume, chunk or lattice.volume.shape)

    def read(box):
        assert box.intersect(lattice.volume) == box
        reach = [b + f for b, f in zip(core.stop, lattice.factors)]
        assert all(a >= b for a, b in zip(box.start, core.start))
        assert all(a <= b for a, b in zip(box.stop, reach))
        return volume[box.slices]

    parts = []
    for name in grid.chunks:
        core = grid.core(name)
        parts.append(extract_meshes(read, core, lattice, block, threads))
    return parts


def raw_meshes(parts):
    """Welded meshes by id."""
    found = {}
    for part in parts:
        for name, *piece in part.meshes():
            found.setdefault(name, []).append(piece)
    return {name: weld(pieces) for name, pieces in found.items()}


def tissue(shape, cells, seed=0):
    """Cells that touch each other and the border, of the nearest of random centres."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 1, (cells, 3)) * shape * np.array(SIZE)
    place = np.stack(np.indices(shape), -1) * SIZE
    distance = np.linalg.norm(place[..., None, :] - centres, axis=-1)
    volume = np.argmin(distance, -1).astype(np.uint64) + np.uint64(HIGH)
    near = np.sort(distance, -1)
    volume[(near[..., 1] - near[..., 0] < 15) & (place[..., 2] > 100)] = 0
    return volume


def equal(one, other):
    assert set(one) == set(other)
    for name, mesh in one.items():
        for array, same in zip(mesh, other[name]):
            np.testing.assert_array_equal(array, same)


def mesh_mask(mask, size, max_error=0):
    """Vertices and faces of the mesh of a mask."""
    mesh = objects.mesh_object(voxels_of(mask), size, max_error)
    return mesh.vertices_nm.astype(float), mesh.faces.astype(int)


def as_trimesh(vertices, faces):
    return trimesh.Trimesh(vertices, faces, process=False)


BODIES = [
    ("sphere", (100,), SIZE),
    ("sphere", (200,), (10, 10, 10)),
    ("torus", (300, 100), SIZE),
    ("cylinder", (100, 1000), SIZE),
    ("cylinder", (300, 60), SIZE),
    ("cylinder", (300, 60), (10, 10, 10)),
    ("cylinder", (200, 60), SIZE),
]


@pytest.mark.parametrize(("kind", "lengths", "size"), BODIES)
def test_objects_have_the_area_and_volume_of_what_they_show(kind, lengths, size):
    errors = []
    for seed in range(6):
        mask, area, volume = body(kind, lengths, size, seed)
        mesh = mesh_mask(mask, size)
        errors.append(
            (mesh_area(*mesh) * 1e6 / area - 1, mesh_volume(*mesh) * 1e9 / volume - 1)
        )
    areas, volumes = np.array(errors).T
    assert abs(areas.mean()) < 0.03
    assert abs(volumes.mean()) < 0.005
    assert abs(areas).max() < 0.04
    assert areas.std() < 0.015


def test_half_the_area_of_a_disc_is_that_of_one_side_and_half_its_rim():
    mask, area, _ = body("cylinder", (300, 60), (10, 10, 10), 3)
    found = mesh_area(*mesh_mask(mask, (10, 10, 10))) / 2
    assert found == pytest.approx(area / 2e6, rel=0.03)


CELLS = [
    ("sphere", (400,), 0.02),
    ("torus", (600, 150), 0.03),
    ("cylinder", (100, 2000), 0.03),
    ("cylinder", (200, 1500), 0.02),
    ("cylinder", (60, 2000), 0.03),
]


@pytest.mark.parametrize(("kind", "lengths", "limit"), CELLS)
def test_cells_have_the_area_of_what_they_show_before_and_after_simplification(
    kind, lengths, limit
):
    mask, area, volume = body(kind, lengths, SIZE, 1)
    lattice = Lattice.of(40, SIZE, Box.of(mask.shape))
    parts = extract(mask.astype(np.uint64), lattice)
    ((name, mesh),) = merging.merge_meshes(parts, lattice, SIZE, 40)
    assert name == 1
    assert mesh.area_um2 == pytest.approx(area / 1e6, rel=limit)
    assert mesh.volume_um3 == pytest.approx(volume / 1e9, rel=0.02)
    coarse = (mesh.vertices_nm, mesh.faces)
    assert mesh_area(*coarse) == pytest.approx(area / 1e6, rel=0.03)
    assert mesh_volume(*coarse) == pytest.approx(mesh.volume_um3, rel=0.005)
    solid = as_trimesh(*coarse)
    assert solid.is_watertight
    assert solid.is_winding_consistent
    assert solid.volume > 0
    np.testing.assert_allclose(mesh_area(*coarse), solid.area / 1e6, rtol=1e-5)
    np.testing.assert_allclose(mesh_volume(*coarse), solid.volume / 1e9, rtol=1e-5)
    centre = (mask.shape * np.array(SIZE)) / 2
    assert np.linalg.norm(solid.center_mass - centre) < 40


@pytest.mark.parametrize("max_error", [10, 40])
def test_simplification_stays_within_its_error(max_error):
    mask, *_ = body("torus", (160, 60), (25, 20, 20), 2)
    fine = mesh_mask(mask, (25, 20, 20))
    coarse = simplify(*fine, max_error)
    assert len(coarse[1]) < len(fine[1]) / 2
    middles = coarse[0][coarse[1]].mean(axis=1)
    there = distance_to_mesh(np.concatenate([coarse[0], middles]), *fine).max()
    back = distance_to_mesh(fine[0], *coarse).max()
    assert 0 < max(there, back) < max_error / 2
    assert as_trimesh(*coarse).is_watertight
    again = simplify(*fine, max_error)
    np.testing.assert_array_equal(again[0], coarse[0])
    np.testing.assert_array_equal(simplify(*fine, 0)[1], fine[1])


def test_simplification_changes_no_topology():
    for kind, lengths, euler in (("torus", (300, 60), 0), ("sphere", (100,), 2)):
        mask, *_ = body(kind, lengths, (20, 20, 20), 0)
        mesh = as_trimesh(*mesh_mask(mask, (20, 20, 20), 200))
        assert mesh.euler_number == euler
        assert mesh.is_watertight


shapes = st.tuples(*[st.integers(1, 7)] * 3)
chunks = st.tuples(*[st.integers(2, 6)] * 3)
noise = arrays("u8", shapes, elements=st.sampled_from([0, 0, 1, 5, HIGH, HIGH + 1]))
factors = st.sampled_from([(1, 1, 1), (1, 2, 2), (2, 1, 3)])


@given(noise, chunks, factors)
def test_noise_has_the_same_closed_surfaces_in_any_grid(volume, chunk, factors):
    before = volume.copy()
    lattice = Lattice(factors, Box.of(volume.shape))
    whole = raw_meshes(extract(volume, lattice))
    equal(raw_meshes(extract(volume, lattice, chunk, (3, 2, 4), 2)), whole)
    np.testing.assert_array_equal(volume, before)
    samples = volume[tuple(slice(None, None, f) for f in factors)]
    assert set(whole) == {int(v) for v in np.unique(samples) if v}
    for name, (vertices, faces) in whole.items():
        assert is_closed(faces)
        mesh = as_trimesh(vertices, faces)
        assert mesh.is_watertight
        assert mesh.is_winding_consistent
        assert mesh.volume > 0
        inside = np.argwhere(samples == name)
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        np.testing.assert_array_equal(low, 2 * inside.min(axis=0) - 1)
        np.testing.assert_array_equal(high, 2 * inside.max(axis=0) + 1)


GRIDS = [((8, 20, 22), 1), ((7, 23, 13), 2), ((3, 50, 5), 1)]


@pytest.mark.parametrize(("chunk", "threads"), GRIDS)
def test_tissue_has_the_same_meshes_in_any_grid(chunk, threads):
    volume = tissue((16, 40, 44), 8)
    lattice = Lattice.of(25, SIZE, Box.of(volume.shape))
    assert lattice.factors == (1, 2, 2)
    results = []
    for parts in (extract(volume, lattice), extract(volume, lattice, chunk)):
        results.append(dict(merging.merge_meshes(parts, lattice, SIZE, 20, threads)))
    one, other = results
    assert len(one) == 8
    for name, mesh in one.items():
        for value, same in zip(mesh, other[name]):
            np.testing.assert_array_equal(value, same)
        assert as_trimesh(mesh.vertices_nm, mesh.faces).is_watertight
    voxels = (volume > 0).sum() * 2.5e-6
    assert sum(m.volume_um3 for m in one.values()) == pytest.approx(voxels, rel=0.1)


def test_a_box_of_a_volume_sees_nothing_beyond_it():
    volume = tissue((12, 30, 30), 6)
    box = Box((2, 5, 3), (11, 24, 29))
    lattice = Lattice((2, 3, 2), box)
    inner = np.zeros_like(volume)
    inner[box.slices] = volume[box.slices]
    found = raw_meshes(extract(volume, lattice, (4, 10, 11)))
    alone = raw_meshes(extract(inner, Lattice((2, 3, 2), Box.of(volume.shape))))
    equal(found, alone)


@pytest.mark.parametrize("value", [0, HIGH])
def test_one_voxel(value):
    volume = np.full((1, 1, 1), value, np.uint64)
    lattice = Lattice((1, 1, 1), Box.of(volume.shape))
    meshes = dict(merging.merge_meshes(extract(volume, lattice), lattice, SIZE, 40))
    assert list(meshes) == [HIGH] * (value > 0)
    for mesh in meshes.values():
        assert len(mesh.faces) == 8
        assert 0.1 * 2.5e-6 < mesh.volume_um3 < 2.5e-6
        np.testing.assert_allclose(mesh.vertices_nm.mean(axis=0), [12.5, 5, 5])


def test_samples_too_far_apart_for_the_volume_leave_no_mesh():
    lattice = Lattice((4, 4, 4), Box((1, 1, 1), (4, 4, 4)))
    volume = np.ones((4, 4, 4), np.uint64)
    parts = extract(volume, lattice, (2, 2, 2))
    assert not any(len(part.ids) for part in parts)


def test_cells_are_meshed_over_their_supervoxels():
    volume = tissue((12, 30, 30), 6)
    names = np.unique(volume[volume > 0])
    table = pd.DataFrame({"supervoxel": names, "cell": names % 2 + 3}).astype("u8")
    lattice = Lattice((1, 2, 2), Box.of(volume.shape))
    joined = np.where(volume > 0, volume % 2 + 3, 0).astype(np.uint64)
    pieces = extract_meshes(
        lambda box: volume[box.slices],
        *(lattice.volume, lattice, (9, 9, 9), 1),
        table.iloc[::-1],
    )
    equal(raw_meshes([pieces]), raw_meshes(extract(joined, lattice)))


def test_slabs_of_a_chunk_give_the_same_meshes_as_all_at_once(monkeypatch):
    volume = tissue((20, 30, 30), 9)
    lattice = Lattice((1, 2, 2), Box.of(volume.shape))
    (whole,) = extract(volume, lattice)
    monkeypatch.setattr(slabwise, "SLAB", 1)
    (slabs,) = extract(volume, lattice)
    assert len(whole.ids) == len(set(whole.ids.tolist())) < len(slabs.ids)
    equal(raw_meshes([whole]), raw_meshes([slabs]))
    counts = [
        pd.Series(p.sample_counts, p.ids).groupby(level=0).sum() for p in (whole, slabs)
    ]
    pd.testing.assert_series_equal(*counts)


def some_pieces(seed=0, cells=9):
    volume = tissue((8, 30, 30), cells, seed)
    lattice = Lattice((1, 2, 2), Box.of(volume.shape))
    (pieces,) = extract(volume, lattice)
    return pieces, lattice


def test_files_repeat_byte_by_byte_and_digests_tell_what_changed(tmp_path):
    pieces, lattice = some_pieces()
    shuffled = list(pieces.meshes())[::-1]
    other = Pieces.of(
        [p[0] for p in shuffled],
        pieces.sample_counts[::-1],
        [p[1:] for p in shuffled],
    )
    meshes = list(merging.merge_meshes([pieces], lattice, SIZE, 20))
    for name, part in (("a", pieces), ("b", other)):
        write_pieces(tmp_path / f"{name}.pieces.h5", part, 4)
        paths = [tmp_path / f"{name}.h5", tmp_path / f"{name}.parquet"]
        merging.write_bucket(paths, meshes, "cells")
    for suffix in ("pieces.h5", "h5", "parquet"):
        one, two = (tmp_path / f"{n}.{suffix}" for n in "ab")
        assert one.read_bytes() == two.read_bytes()
    changed = pieces.vertices.copy()
    changed[0] += 1
    write_pieces(tmp_path / "c.h5", pieces._replace(vertices=changed), 4)
    digests = (read_digests(tmp_path / name) for name in ("c.h5", "a.pieces.h5"))
    differ = [one != other for one, other in zip(*digests)]
    assert np.flatnonzero(differ) == bucket_of(pieces.ids[:1], 4)


def test_a_chunk_without_labels_has_no_pieces(tmp_path):
    lattice = Lattice((1, 2, 2), Box.of((4, 8, 8)))
    (pieces,) = extract(np.zeros((4, 8, 8), np.uint64), lattice)
    write_pieces(tmp_path / "a.h5", pieces, 3)
    assert not len(read_pieces([tmp_path / "a.h5"], 2, Pieces).ids)
    boxes = (lattice.volume, SIZE)
    settings = {"sample_nm": 20, "max_error_nm": 20}
    meshes = merging.merge_bucket([tmp_path / "a.h5"], 2, boxes, settings, 2)
    merging.write_bucket([tmp_path / "b.h5", tmp_path / "b.parquet"], meshes, "cells")
    assert not len(read_table(tmp_path / "b.parquet"))


def test_buckets_hold_the_meshes_and_their_table(tmp_path):
    pieces, lattice = some_pieces()
    write_pieces(tmp_path / "a.h5", pieces, 2)
    boxes = (lattice.volume, SIZE)
    section = {"sample_nm": 20, "max_error_nm": 20}
    assert Lattice.of(20, SIZE, lattice.volume) == lattice
    expected = dict(merging.merge_meshes([pieces], lattice, SIZE, 20))
    rows = []
    for bucket in range(2):
        meshes = merging.merge_bucket([tmp_path / "a.h5"], bucket, boxes, section, 1)
        paths = [tmp_path / f"{bucket}.h5", tmp_path / f"{bucket}.parquet"]
        merging.write_bucket(paths, meshes, "cells")
        rows.append(read_table(paths[1]).assign(bucket=bucket))
    table = pd.concat(rows)
    assert sorted(table["id"]) == sorted(expected)
    assert table["is_closed"].all()
    for row in table.itertuples():
        mesh = read_mesh(tmp_path / f"{row.bucket}.h5", row.id)
        for value, same in zip(mesh, expected[row.id]):
            np.testing.assert_array_equal(value, same)
        assert (row.area_um2, row.volume_um3) == (mesh.area_um2, mesh.volume_um3)
        assert (row.vertex_count, row.face_count) == (
            len(mesh.vertices_nm),
            len(mesh.faces),
        )
        low = (row.start_z_nm, row.start_y_nm, row.start_x_nm)
        np.testing.assert_array_equal(mesh.vertices_nm.min(axis=0), low)
    with pytest.raises(InputError, match="no mesh of cell 12"):
        read_mesh(tmp_path / "0.h5", 12)


def test_objects_are_read_from_files_of_chunks(tmp_path):
    volume = tissue((8, 20, 20), 5)
    grid = Grid(Box.of(volume.shape), (8, 20, 12))
    paths = [tmp_path / f"{name}.h5" for name in grid.chunks]
    for path, name in zip(paths, grid.chunks):
        with LabelFile(path, grid.core(name), SIZE) as file:
            file.write(grid.core(name), volume[grid.core(name).slices])
    lattice = Lattice((1, 2, 2), grid.box)
    read = LabelStack(paths).read
    parts = [
        extract_meshes(read, grid.core(n), lattice, (9,) * 3, 1) for n in grid.chunks
    ]
    equal(raw_meshes(parts), raw_meshes(extract(volume, lattice)))


def test_a_file_of_meshes_knows_what_its_ids_are_of(tmp_path):
    pieces, lattice = some_pieces()
    ((name, mesh), *_) = merging.merge_meshes([pieces], lattice, SIZE, 20)
    write_meshes(tmp_path / "a.h5", [(name, mesh)], "objects")
    found = read_mesh(tmp_path / "a.h5", name, "objects")
    np.testing.assert_array_equal(found.faces, mesh.faces)
    with pytest.raises(InputError, match="no mesh of cell"):
        read_mesh(tmp_path / "a.h5", name)


@settings(max_examples=10)
@given(arrays("?", st.tuples(*[st.integers(1, 6)] * 3)).filter(np.any))
def test_any_mask_has_a_closed_mesh(mask):
    before = mask.copy()
    _, faces = mesh_mask(mask, SIZE, 20)
    np.testing.assert_array_equal(mask, before)
    assert is_closed(faces)
    assert len(faces) > 0


def test_smoothing_gives_volumes_back_and_leaves_something_of_debris():
    mask, *_ = body("sphere", (300,), (20, 20, 20))
    vertices, faces = mesh_mask(mask, (20, 20, 20))
    volume = mask.sum() * 8e-6
    assert mesh_volume(vertices, faces) == pytest.approx(volume, rel=0.001)
    before = vertices.copy()
    assert mesh_volume(smooth(vertices, faces, 1.1 * volume), faces) > 1.09 * volume
    np.testing.assert_array_equal(vertices, before)
    vertices, faces = mesh_mask(np.ones((1, 1, 1)), (20, 20, 20))
    assert 8e-6 / 6 < mesh_volume(vertices, faces) < 8e-6
