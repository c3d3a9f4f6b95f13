"""Synapses and contacts are meshed from their voxels, however chunks cut these."""

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mesh_shapes import body, voxels_of
from neuropil.bucket_pieces import write_pieces
from neuropil.grid import Box, Grid
from neuropil.meshes import sheets
from neuropil.meshes.geometry import is_closed
from neuropil.meshes.merging import write_bucket
from neuropil.meshes.objects import march_slabs, mesh_object
from neuropil.meshes.store import read_mesh
from neuropil.meshes.surfaces import weld
from neuropil.meshes.voxels import find_runs, join_runs, read_voxels
from neuropil.schemas.contacts import LABELS, SITE_CONTACTS
from neuropil.schemas.meshes import SHEET_AREAS
from neuropil.schemas.synapses import FRAGMENT_VOXELS, SYNAPSE_MEMBERS
from neuropil.storage import LabelFile, read_table, write_table

HIGH = 2**63 + 7
SIZE = (25, 10, 10)
IDS = [HIGH, 3, HIGH + 1]  # by the number of an object in the volumes below, from 1
shapes = st.tuples(*[st.integers(1, 7)] * 3)
chunk_shapes = st.tuples(*[st.integers(2, 6)] * 3)
volumes = arrays("u1", shapes, elements=st.sampled_from([0, 0, 1, 2, 3, 4]))


def labels_of(volume, core):
    """Labels of a chunk, numbered in its own way; 4 is no object, but has one."""
    part = volume[core.slices].astype(np.uint32)
    return np.where(part, 7 * part + core.start[2], 0).astype(np.uint32)


def write_contacts(folder, volume, grid):
    """Files of contacts: a label per object and chunk, a site per label."""
    labels, files = [], {}
    for chunk in grid.chunks:
        core = grid.core(chunk)
        files[chunk] = folder / f"{chunk}.h5"
        found = labels_of(volume, core)
        with LabelFile(files[chunk], core, SIZE, {"labels": "uint32"}) as file:
            file.write(core, found)
        numbers, first = np.unique(found[found > 0], return_index=True)
        objects = volume[core.slices][found > 0][first]
        labels.append(pd.DataFrame({"label": numbers, "n": objects, "chunk": chunk}))
    labels = pd.concat(labels, ignore_index=True)
    labels["site"] = np.arange(len(labels), dtype=np.uint64) + np.uint64(HIGH)
    known = labels[labels["n"] < 4]
    contact = np.array(IDS, np.uint64)[known["n"].to_numpy(int) - 1]
    tables = [folder / "labels.parquet", folder / "site_contacts.parquet"]
    write_table(tables[0], labels.drop(columns="n"), LABELS)
    write_table(tables[1], known[["site"]].assign(contact=contact), SITE_CONTACTS)
    return files, tables


def write_synapses(folder, volume, grid):
    """Files of synapses: a fragment per object and plane of a chunk."""
    members, files = [], {}
    for chunk in grid.chunks:
        core = grid.core(chunk)
        files[chunk] = folder / f"{chunk}.voxels.parquet"
        zyx = np.argwhere(volume[core.slices]) + core.start
        number = volume[tuple(zyx.T)].astype(np.int64)
        voxels = pd.DataFrame(zyx, columns=["z_vx", "y_vx", "x_vx"])
        voxels["fragment"] = 5 * zyx[:, 0] + number
        write_table(files[chunk], voxels, FRAGMENT_VOXELS)
        table = voxels.assign(n=number, chunk=chunk).drop_duplicates("fragment")
        members.append(table[table["n"] < 4])
    members = pd.concat(members, ignore_index=True)
    synapse = np.array(IDS, np.uint64)[members["n"].to_numpy(int) - 1]
    path = folder / "members.parquet"
    columns = members[["chunk", "fragment"]].assign(synapse=synapse)
    write_table(path, columns, SYNAPSE_MEMBERS)
    return files, [path]


WRITERS = {"contacts": write_contacts, "synapses": write_synapses}


def extract(folder, kind, volume, chunk_shape, block):
    """Files of pieces of all chunks."""
    folder.mkdir()
    grid, paths = Grid(Box.of(volume.shape), chunk_shape), []
    files, tables = WRITERS[kind](folder, volume, grid)
    for chunk in grid.chunks:
        walk = (grid.core(chunk), block, 1)
        pieces = sheets.extract_sheets(kind, files[chunk], tables, chunk, walk)
        paths.append(folder / f"{chunk}.pieces.h5")
        write_pieces(paths[-1], pieces, 2)
    return paths


@pytest.mark.parametrize("kind", ["contacts", "synapses"])
@settings(max_examples=15)
@given(volumes, chunk_shapes)
def test_objects_have_all_their_voxels_in_any_grid(kind, tmp_path_factory, volume, cut):
    folder, before = tmp_path_factory.mktemp("sheets"), volume.copy()
    whole = extract(folder / "a", kind, volume, volume.shape, (9, 9, 9))
    parts = extract(folder / "b", kind, volume, cut, (3, 2, 4))
    np.testing.assert_array_equal(volume, before)
    found = [
        {n: v for bucket in range(2) for n, v in read_voxels(paths, bucket)}
        for paths in (whole, parts)
    ]
    assert all(
        set(one) == {IDS[n - 1] for n in set(volume.ravel().tolist()) & {1, 2, 3}}
        for one in found
    )
    mesh = functools.partial(mesh_object, voxel_size_nm=SIZE, max_error_nm=10)
    for name, voxels in found[0].items():
        inside = volume == IDS.index(name) + 1
        other = found[1][name]
        for one in (voxels, other):
            box = np.zeros_like(inside)
            box[one.box.slices] = one.read(0, one.box.shape[0])
            np.testing.assert_array_equal(box, inside)
            assert one.count == inside.sum()
        for value, same in zip(mesh(voxels), mesh(other)):
            np.testing.assert_array_equal(value, same)


@given(volumes)
def test_runs_are_the_same_from_voxels_and_from_labels(volume):
    start = (3, 2, 1)
    zyx = np.argwhere(volume)
    labels, runs = find_runs(volume, start)
    joined, same = join_runs(volume[tuple(zyx.T)], zyx + start)
    order, other = (np.lexsort(r[:, 2::-1].T) for r in (runs, same))
    np.testing.assert_array_equal(labels[order], joined[other])
    np.testing.assert_array_equal(runs[order], same[other])
    assert runs[:, 3].sum() == len(zyx)


@pytest.mark.parametrize("size", [SIZE, (10, 10, 10), (10, 25, 10), (20, 10, 40)])
def test_slabs_of_an_object_have_the_same_surface_as_the_whole(size):
    mask, *_ = body("torus", (150, 60), size, 2)
    mask[:, 5:] |= np.random.default_rng(1).random(mask[:, 5:].shape) < 0.02
    voxels, length = voxels_of(mask), np.array(size, float)
    counts = tuple((2 * (length / length.min() / 2).astype(int) + 1).tolist())
    section = mask.shape[1] * mask.shape[2]
    whole, one, three = (
        weld(list(march_slabs(voxels, length, counts, n * section)))
        for n in (1000, 1, 3)
    )
    for cut in (one, three):
        np.testing.assert_array_equal(cut[0], whole[0])
        np.testing.assert_array_equal(cut[1], whole[1])
    assert is_closed(whole[1])


def test_meshes_lie_where_their_objects_do_and_are_read_from_buckets(tmp_path):
    mask, area, volume = body("cylinder", (300, 60), (10, 10, 10), 3)
    box = np.pad(mask, ((7, 1), (2, 3), (0, 30))).astype(np.uint8)
    paths = extract(tmp_path / "a", "contacts", box, (20, 31, 40), (9, 30, 25))
    mesh = functools.partial(mesh_object, voxel_size_nm=(10, 10, 10), max_error_nm=5)
    tables = []
    for bucket in range(2):
        names = [tmp_path / f"{bucket}.{suffix}" for suffix in ("h5", "parquet")]
        meshes = sheets.merge_sheets(paths, bucket, mesh)
        write_bucket(names, meshes, "objects")
        tables.append(names[1])
        if meshes:
            found = read_mesh(names[0], HIGH, "objects")
    middle = (np.argwhere(box).mean(axis=0) + 0.5) * 10
    np.testing.assert_allclose(found.vertices_nm.mean(axis=0), middle, atol=15)
    lines = pd.DataFrame({"contact": [3, HIGH], "area_um2": [0.1, 0.25]})
    lines = lines.astype({"contact": "u8"})
    write_table(
        tmp_path / "t.parquet", sheets.measure_sheets(tables, lines), SHEET_AREAS
    )
    none, one = read_table(tmp_path / "t.parquet").itertuples()
    assert (none.id, none.area_um2, none.is_closed) == (3, 0.1, False)
    assert np.isnan([none.mesh_area_um2, none.half_area_um2, none.volume_um3]).all()
    assert (one.id, one.area_um2, one.is_closed) == (HIGH, 0.25, True)
    assert one.half_area_um2 == pytest.approx(area / 2e6, rel=0.03)
    assert one.mesh_area_um2 == 2 * one.half_area_um2 == found.area_um2
    assert one.volume_um3 == pytest.approx(volume / 1e9, rel=0.01)


@pytest.mark.parametrize("kind", ["contacts", "synapses"])
def test_chunks_without_anything_have_no_pieces(kind, tmp_path):
    paths = extract(
        tmp_path / "a", kind, np.zeros((4, 5, 6), np.uint8), (4,) * 3, (9,) * 3
    )
    assert not [v for bucket in (0, 1) for v in read_voxels(paths, bucket)]
    assert sheets.merge_sheets(paths, 0, None) == []
