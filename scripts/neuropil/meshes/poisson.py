"""Meshes as SyConn2 makes them: Poisson reconstruction (Kazhdan & Hoppe 2013).

Needs open3d, and system libraries that a bare machine lacks; nothing else does. Meshes
may be open, flat discs of known area come out 15 to 31 % low, and it takes a hundred
times as long as `objects.mesh_object`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from neuropil.errors import InputError
from neuropil.meshes.geometry import is_closed, measure_mesh
from neuropil.meshes.store import StoredMesh
from neuropil.meshes.surfaces import Mesh
from neuropil.meshes.voxels import Voxels
from neuropil.whole_files import replacing

PACKAGE = ".venv/bin/pip install -r requirements-poisson.lock"
LIBRARIES = "apt-get install libusb-1.0-0 libegl1 libgl1 libx11-6 libgomp1"


def import_open3d():
    """Import open3d only when it is called for: few need it, and it is slow.

    Raises
    ------
    InputError
        If open3d, or a system library that it needs, is not installed
    """
    try:
        import open3d
    except (ImportError, OSError) as error:
        raise InputError(
            f"Poisson meshes need open3d, which can't be loaded ({error}). Install it "
            f"({PACKAGE}) and, as root, what it needs ({LIBRARIES}); or set method to "
            "marching_cubes under meshes in the config, which needs neither."
        ) from error
    return open3d


def check_poisson(path: str | os.PathLike) -> None:
    """Write which open3d there is, so that a run without it fails at its start."""
    version = import_open3d().__version__
    with replacing(path) as temporary:
        temporary.write_text(f"open3d {version}\n")


def reconstruct_object(
    voxels: Voxels, voxel_size_nm: Sequence[float], depth: int
) -> StoredMesh:
    """Mesh an object from points on its surface; not closed in general.

    Memory is that of the object's bounding box.

    Parameters
    ----------
    voxels : of the object
    voxel_size_nm : (z, y, x)
    depth : of the octree, see `poisson_mesh`

    Returns
    -------
    Its mesh, in nm of the dataset; of an open one, the volume is NaN
    """
    mask = voxels.read(0, voxels.box.shape[0])
    vertices, faces = poisson_mesh(*surface_points(mask, voxel_size_nm), depth)
    area, volume = measure_mesh(vertices, faces)
    volume = volume if is_closed(faces) else np.nan
    places = vertices + np.multiply(voxels.box.start, voxel_size_nm)
    return StoredMesh(places.astype(np.float32), faces.astype(np.uint32), area, volume)


def poisson_mesh(points_nm: np.ndarray, normals: np.ndarray, depth: int = 10) -> Mesh:
    """Reconstruct a surface from points and their normals (Kazhdan & Hoppe 2013).

    Runs on one thread: on several the bytes of the result would differ each time.

    Parameters
    ----------
    points_nm : (N, 3), on the surface
    normals : (N, 3), pointing outwards
    depth : of the octree, whose smallest cells are 2 ** -depth of the object's size

    Returns
    -------
    vertices (N, 3) float64 in nm, faces (M, 3) int64; not closed in general

    Raises
    ------
    InputError
        If open3d can't be loaded
    """
    open3d = import_open3d()
    cloud = open3d.geometry.PointCloud()
    cloud.points = open3d.utility.Vector3dVector(np.asarray(points_nm, np.float64))
    cloud.normals = open3d.utility.Vector3dVector(np.asarray(normals, np.float64))
    make = open3d.geometry.TriangleMesh.create_from_point_cloud_poisson
    mesh, _ = make(cloud, depth=depth, n_threads=1)
    return np.asarray(mesh.vertices), np.asarray(mesh.triangles).astype(np.int64)


def surface_points(
    mask: np.ndarray, voxel_size_nm: Sequence[float], sigma_nm: float = 30.0
) -> Mesh:
    """Points and normals on the surface of a mask, for `poisson_mesh`.

    Points are the centres of its outermost voxels, normals the downhill directions of
    the mask blurred by a Gaussian.

    Parameters
    ----------
    mask : (Z, Y, X), anything but 0 is the object
    voxel_size_nm : (z, y, x)
    sigma_nm : of the Gaussian

    Returns
    -------
    points (N, 3) in nm from the lower corner of the mask, normals (N, 3)
    """
    from scipy.ndimage import binary_erosion, gaussian_filter

    size = np.array(voxel_size_nm, float)
    pad = int(np.ceil(3 * sigma_nm / size.min()))
    solid = np.pad(np.asarray(mask) != 0, pad)
    rim = np.argwhere(solid & ~binary_erosion(solid, np.ones((3, 3, 3))))
    blurred = gaussian_filter(solid.astype(np.float64), sigma_nm / size)
    slopes = [slope[tuple(rim.T)] for slope in np.gradient(blurred, *size)]
    normals = -np.stack(slopes, axis=1)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return (rim - pad + 0.5) * size, normals / np.maximum(lengths, 1e-12)
