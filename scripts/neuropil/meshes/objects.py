"""Meshes of small objects, each from a mask or from points: synapses, contacts.

`mesh_object` works on voxels and is the default. Voxels much longer along one axis make
wide terraces, which no smoothing of vertices removes; sections are therefore first
interpolated (Raya & Udupa 1990, "Shape-based interpolation of multidimensional
objects"). Areas of spheres, tori, cylinders and flat discs are within 3 % of the true
ones on average over orientations, and differ by 1 % from one to the next. Sharp rims
are rounded: discs 240 nm wide and 60 nm thick come out 3 % low.

`poisson_mesh` is the method of the paper (SyConn2), and needs open3d. Its meshes may be
open, and flat discs of known area come out 15 to 31 % low.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import numpy as np

from neuropil.errors import InputError
from neuropil.meshes.geometry import NM3_PER_UM3, mesh_area
from neuropil.meshes.marching import march
from neuropil.meshes.surfaces import Mesh, simplify, smooth, weld

NEEDED = "apt-get install libusb-1.0-0 libegl1 libgl1 libgomp1"
REACH = 2.0  # sections: an outline that is farther from the next one ends between them


def mesh_object(
    mask: np.ndarray, voxel_size_nm: Sequence[float], max_error_nm: float = 0.0
) -> Mesh:
    """Mesh an object: closed, of unbiased area and volume, as if all else was outside.

    Parameters
    ----------
    mask : (Z, Y, X), anything but 0 is the object
    voxel_size_nm : (z, y, x)
    max_error_nm : of a simplification; 0 for none

    Returns
    -------
    vertices (N, 3) float64 in nm from the lower corner of the mask, faces (M, 3) int64
    """
    mask = np.asarray(mask) != 0
    if not mask.any():
        return np.empty((0, 3)), np.empty((0, 3), np.int64)
    size = np.array(voxel_size_nm, float)
    volume = mask.sum() * size.prod() / NM3_PER_UM3
    for axis in range(3):
        # An odd number, so that the middle one is the section itself.
        count = 2 * int(size[axis] / size.min() / 2) + 1
        mask = interpolate(mask, size, axis, count) if count > 1 else mask
        size[axis] /= count
    pieces = march(np.pad(mask, 1).astype(np.uint64), (-1, -1, -1))
    vertices, faces = weld([(pieces.vertices, pieces.faces)])
    places = (vertices / 2 + 0.5) * size
    return simplify(smooth(places, faces, volume), faces, max_error_nm)


def interpolate(
    mask: np.ndarray, voxel_size_nm: np.ndarray, axis: int, count: int
) -> np.ndarray:
    """Cut each voxel of a mask into ``count`` along an axis, by outlines of sections.

    Distances to the outline change linearly from one section to the next. An outline
    without another near it in the next section ends halfway.
    """
    from scipy.ndimage import distance_transform_edt

    sections = np.pad(np.moveaxis(mask, axis, 0), 1)
    spacing = np.delete(voxel_size_nm, axis)
    far = REACH * voxel_size_nm[axis]
    depth = np.full(sections.shape, -far)
    for section, out in zip(sections, depth):
        if section.any():
            inside = distance_transform_edt(section, spacing)
            outside = distance_transform_edt(~section, spacing)
            half = np.where(section, 0.5, -0.5) * spacing.min()
            out[:] = np.clip(inside - outside - half, -far, far)
    parts = []
    for number in range(count):
        share = (number + 0.5) / count - 0.5
        here, other = depth[1:-1], (depth[2:] if share > 0 else depth[:-2])
        other = np.where((here > 0) & (other <= -far), -here, other)
        here = np.where((other > 0) & (here <= -far), -other, here)
        parts.append((1 - abs(share)) * here + abs(share) * other > 0)
    fine = np.stack(parts, axis=1).reshape(-1, *sections.shape[1:])
    return np.moveaxis(fine[:, 1:-1, 1:-1], 0, axis)


def half_area(vertices_nm: np.ndarray, faces: np.ndarray) -> float:
    """Area in µm² of a thin object seen from one side: half that of its surface.

    So the area of a synapse is counted; its mesh has two sides and a rim.
    """
    return mesh_area(vertices_nm, faces) / 2


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
        If open3d, or a system library that it needs, is not installed
    """
    open3d = import_open3d()
    cloud = open3d.geometry.PointCloud()
    cloud.points = open3d.utility.Vector3dVector(np.asarray(points_nm, np.float64))
    cloud.normals = open3d.utility.Vector3dVector(np.asarray(normals, np.float64))
    make = open3d.geometry.TriangleMesh.create_from_point_cloud_poisson
    mesh, _ = make(cloud, depth=depth, n_threads=1)
    return np.asarray(mesh.vertices), np.asarray(mesh.triangles).astype(np.int64)


def import_open3d():
    """Import open3d only when it is called for: few need it, and it is slow."""
    try:
        return importlib.import_module("open3d")
    except (ImportError, OSError) as error:
        raise InputError(
            f"Poisson meshes need open3d, which can't be loaded ({error}). Install "
            f"it (pip install open3d-cpu) and the libraries that it needs ({NEEDED}), "
            "or choose zmesh, which needs neither."
        ) from error


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
