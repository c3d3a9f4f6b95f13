"""Meshes for Neuroglancer: cloud-volume reads closed surfaces where they were."""

import numpy as np
import pytest
import trimesh
from cloudvolume import CloudVolume

from export_shapes import IDS, make_mesh
from neuropil.exports.cutting import cut_at_grid
from neuropil.exports.encoded import encode_bucket, export_meshes
from neuropil.exports.files import write_json
from neuropil.exports.levels import describe_volume, plan_levels
from neuropil.exports.meshes import MeshLevels, describe_meshes
from neuropil.exports.shards import Sharding
from neuropil.grid import Box
from neuropil.meshes.store import write_meshes

SHARDING = Sharding(1)
LEVELS = MeshLevels(1600.0, 20.0, 3, (1000.0, 0.0, -500.0))
MESHES = {name: make_mesh(seed) for seed, name in enumerate(IDS)}


def export(folder):
    stages = plan_levels(Box.of((64, 64, 64)), (10, 10, 10), 64)
    info = describe_volume(stages, "uint64", {"mesh": "mesh"})
    write_json(folder / "info", info)
    write_json(folder / "mesh/info", describe_meshes(SHARDING.describe(), {}))
    encoded = []
    for number, names in enumerate([IDS[::2], IDS[1::2], []]):
        bucket = folder / f"bucket{number}.h5"
        write_meshes(bucket, [(n, MESHES[n]) for n in names], "cells")
        encoded.append(folder / f"encoded{number}.h5")
        encode_bucket(encoded[-1], bucket, "cells", LEVELS)
    for name in SHARDING.names:
        export_meshes(folder / f"mesh/{name}.shard", encoded, SHARDING, name)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return export(tmp_path_factory.mktemp("meshes"))


def as_trimesh(vertices, faces):
    """Weld vertices that lie at one place but for rounding, in nm."""
    _, first, index = np.unique(
        np.rint(vertices * 2), axis=0, return_index=True, return_inverse=True
    )
    faces = index.ravel()[faces]
    mesh = trimesh.Trimesh(vertices[first], faces, process=False)
    mesh.update_faces(mesh.nondegenerate_faces())
    return mesh


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("lod", range(LEVELS.count))
def test_cloud_volume_reads_the_surface_at_every_level(name, lod, folder):
    volume = CloudVolume(f"file://{folder}", progress=False)
    found = volume.mesh.get(name, lod=lod)[name]
    mesh, stored = as_trimesh(found.vertices, found.faces), MESHES[name]
    places = (stored.vertices_nm + np.array(LEVELS.shift_nm))[:, ::-1]
    whole = trimesh.Trimesh(places, stored.faces[:, ::-1], process=False)
    tolerance = [1e-4, 0.02, 0.05][lod]
    assert mesh.volume == pytest.approx(whole.volume, rel=tolerance)  # not inside out
    assert mesh.area == pytest.approx(whole.area, rel=tolerance)
    np.testing.assert_allclose(mesh.bounds, whole.bounds, atol=1 + 400 * lod)
    assert len(found.faces) < len(stored.faces) * [2, 1, 0.6][lod]


def test_the_finest_level_keeps_every_vertex(folder):
    volume = CloudVolume(f"file://{folder}", progress=False)
    found, stored = volume.mesh.get(IDS[1])[IDS[1]], MESHES[IDS[1]]
    places = (stored.vertices_nm + np.array(LEVELS.shift_nm))[:, ::-1]
    distance = trimesh.points.PointCloud(found.vertices).kdtree.query(places)[0]
    assert distance.max() < 0.1


def test_the_same_meshes_give_the_same_bytes(folder, tmp_path):
    again = export(tmp_path)
    for path in sorted((folder / "mesh").iterdir()):
        assert path.read_bytes() == (again / "mesh" / path.name).read_bytes()


def test_fragments_are_cubes_that_no_triangle_leaves(folder):
    volume = CloudVolume(f"file://{folder}", progress=False)
    for name in IDS:
        manifest = volume.mesh.get_manifest(name)
        assert manifest.num_lods == LEVELS.count
        for lod in range(LEVELS.count):
            fragments = volume.mesh.get(name, lod=lod, concat=False)[name]
            cubes = manifest.fragment_positions[lod]
            assert len(fragments) == (manifest.fragment_offsets[lod] > 0).sum()
            side = LEVELS.fragment_nm * 2**lod
            for cube, fragment in zip(cubes, fragments):
                inside = (fragment.vertices - manifest.grid_origin) / side - cube
                assert inside.min() > -1e-4
                assert inside.max() < 1 + 1e-4
                if lod:  # and those of a finer level's cubes are apart
                    halves = inside[fragment.faces.astype(int)] - 0.5
                    low, high = halves.min(axis=1), halves.max(axis=1)
                    assert (low * high >= -1e-4).all()


@pytest.mark.parametrize("spacing", [0.3, 1.0, 7.0])
def test_cut_triangles_keep_area_and_orientation(spacing):
    rng = np.random.default_rng(0)
    triangles = rng.normal(0, 1, (200, 3, 3))
    triangles[:50] = np.rint(triangles[:50] * 2) * spacing / 2  # corners on planes
    cut = cut_at_grid(triangles, spacing)

    def normals(of):
        return np.cross(of[:, 1] - of[:, 0], of[:, 2] - of[:, 0])

    np.testing.assert_allclose(
        normals(cut).sum(axis=0), normals(triangles).sum(axis=0), atol=1e-9
    )
    total = np.linalg.norm(normals(cut), axis=1).sum()
    assert total == pytest.approx(np.linalg.norm(normals(triangles), axis=1).sum())
    cells = np.floor(cut.mean(axis=1) / spacing)[:, None]
    assert (cut / spacing - cells >= -1e-9).all()
    assert (cut / spacing - cells <= 1 + 1e-9).all()
