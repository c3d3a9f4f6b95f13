"""Poisson meshes: what is missing is named, and where open3d is there, it works."""

import sys

import numpy as np
import pytest

from mesh_shapes import body, voxels_of
from neuropil.errors import InputError
from neuropil.meshes import poisson
from neuropil.meshes.geometry import measure_mesh

SIZE = (25, 10, 10)


@pytest.fixture
def open3d():
    try:
        import open3d
    except (ImportError, OSError) as error:
        pytest.skip(f"open3d is not there ({error}): {poisson.PACKAGE}")
    return open3d


def test_without_open3d_a_run_fails_and_names_the_lines_to_type(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "open3d", None)
    for line in ("pip install -r requirements-poisson.lock", "apt-get install libusb"):
        with pytest.raises(InputError, match=line):
            poisson.check_poisson(tmp_path / "poisson.txt")
    assert not list(tmp_path.iterdir())


def test_a_missing_system_library_is_named_as_well(monkeypatch, tmp_path):
    (tmp_path / "open3d.py").write_text(
        "raise OSError('libusb-1.0.so.0: no such file')"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "open3d", raising=False)
    with pytest.raises(InputError, match=r"libusb-1\.0\.so\.0: no such file.*apt-get"):
        poisson.reconstruct_object(voxels_of(np.ones((3, 3, 3))), SIZE, 6)


def test_points_on_a_surface_have_normals_that_point_outwards():
    mask, *_ = body("sphere", (200,), SIZE)
    points, normals = poisson.surface_points(mask, SIZE)
    middle = (np.argwhere(mask).mean(axis=0) + 0.5) * SIZE
    outwards = (points - middle) / np.linalg.norm(points - middle, axis=1)[:, None]
    assert (normals * outwards).sum(axis=1).min() > 0.85


@pytest.mark.slow
def test_poisson_meshes_repeat_and_lie_where_their_objects_do(open3d, tmp_path):
    mask, area, _ = body("sphere", (200,), SIZE)
    voxels = voxels_of(mask, (7, 80, 90))
    one, two = (poisson.reconstruct_object(voxels, SIZE, 6) for _ in range(2))
    np.testing.assert_array_equal(one.vertices_nm, two.vertices_nm)
    np.testing.assert_array_equal(one.faces, two.faces)
    assert one.area_um2 == pytest.approx(area / 1e6, rel=0.3)
    assert measure_mesh(one.vertices_nm, one.faces)[0] == pytest.approx(one.area_um2)
    middle = (np.add(voxels.box.start, voxels.box.stop) / 2) * SIZE
    np.testing.assert_allclose(one.vertices_nm.mean(axis=0), middle, atol=40)
    poisson.check_poisson(tmp_path / "poisson.txt")
    assert open3d.__version__ in (tmp_path / "poisson.txt").read_text()


@pytest.mark.slow
@pytest.mark.usefixtures("open3d")
def test_specks_have_small_meshes_or_none():
    for count in (1, 2, 5):
        mesh = poisson.reconstruct_object(voxels_of(np.ones((1, 1, count))), SIZE, 6)
        assert mesh.area_um2 < 1
