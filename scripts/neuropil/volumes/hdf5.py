"""Volumes in HDF5 files."""

from __future__ import annotations

from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  (registers the filters of compressed datasets)

from neuropil.errors import InputError
from neuropil.grid import Box
from neuropil.storage import open_hdf5
from neuropil.volumes.base import (
    Axes,
    Volume,
    check_array,
    default_axes,
    find_axes,
    in_nm,
    settle_offset,
    settle_voxel_size,
)

# Blocks with halos share HDF5 chunks: without room for those of a row of blocks, each is
# decoded several times. HDF5 takes the memory only as it needs it.
CACHE_BYTES = 2**28
# Attributes of neuropil, CREMI and ilastik that hold a voxel size, and their unit
SIZE_ATTRIBUTES = {
    "voxel_size_nm": "nm",
    "resolution": "nm",
    "voxel_size": "nm",
    "element_size_um": "um",
}


def open_hdf5_volume(source: dict, name: str) -> Volume:
    """Open one dataset of an HDF5 file; keys: path, dataset, axes, channel.

    A file with a single array needs no ``dataset``. Attributes ``voxel_size_nm``,
    ``resolution`` (CREMI, nm) or ``element_size_um`` give the voxel size,
    ``offset_vx`` or ``offset`` (CREMI, nm) the offset.
    """
    file = open_hdf5(source["path"], CACHE_BYTES)
    data = find_dataset(file, source.get("dataset"), name)
    check_array(data.dtype, data.shape, name)
    axes = find_axes(source, default_axes(data.ndim), data.shape, name)
    size = settle_voxel_size(source, find_voxel_size(data, axes), name)

    def load(box: Box):
        return axes.arrange(data[axes.index(box)])

    return Volume(
        name=name,
        shape=axes.pick(data.shape),
        dtype=data.dtype.newbyteorder("="),
        voxel_size_nm=size,
        offset_nm=settle_offset(source, find_offset(data, axes, size)),
        load=load,
        verify=lambda: check_sources(data, name),
    )


def find_dataset(file: h5py.File, path: str | None, name: str) -> h5py.Dataset:
    """Look a dataset up; without a path, the only array of the file.

    Raises
    ------
    InputError
        If there is no such dataset, or no path and several arrays.
    """
    found = {}
    file.visititems(
        lambda key, item: (
            found.update({key: item}) if isinstance(item, h5py.Dataset) else None
        )
    )
    if path is None and len(found) == 1:
        return next(iter(found.values()))
    wanted = (path or "").strip("/")
    if wanted not in found:
        listed = ", ".join(list(found)[:10]) or "none"
        raise InputError(
            f"{name} has no dataset {wanted!r}; it holds: {listed}. Name one of them "
            "with the key dataset."
        )
    return found[wanted]


def find_voxel_size(data: h5py.Dataset, axes: Axes):
    """Voxel size (z, y, x) in nm by a dataset's attributes, or None."""
    for key, unit in SIZE_ATTRIBUTES.items():
        if key in data.attrs:
            return in_nm(spatial(data.attrs[key], axes), unit)
    return None


def find_offset(data: h5py.Dataset, axes: Axes, voxel_size_nm):
    """Offset (z, y, x) in nm by a dataset's attributes, or None."""
    if "offset_vx" in data.attrs:
        offset = spatial(data.attrs["offset_vx"], axes)
        return tuple(v * s for v, s in zip(offset, voxel_size_nm))
    if "offset" in data.attrs:
        return spatial(data.attrs["offset"], axes)
    return None


def spatial(values, axes: Axes) -> tuple[float, ...]:
    """Take the z, y, x entries of an attribute with an entry per (spatial) axis."""
    values = [float(v) for v in values]
    letters = [a for a in axes.letters if len(values) > 3 or a in "zyx"]
    return tuple(values[letters.index(a)] for a in "zyx")


def check_sources(data: h5py.Dataset, name: str) -> None:
    """Refuse a virtual dataset whose files are missing: they would read as 0."""
    if not data.is_virtual:
        return
    folder = Path(data.file.filename).parent
    for source in data.virtual_sources():
        if source.file_name != "." and not (folder / source.file_name).exists():
            raise InputError(
                f"{name} is put together from other files, of which "
                f"{source.file_name} is missing. Make it again, or restore that file."
            )
