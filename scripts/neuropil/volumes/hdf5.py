"""Volumes in HDF5 files."""

from __future__ import annotations

from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  (registers the filters of compressed datasets)
import numpy as np

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

# Blocks with halos share HDF5 chunks: without room for those of a row of blocks, each
# is decoded several times. HDF5 takes the memory only as it needs it.
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

    sources = Sources(data, name)

    def load(box: Box):
        index = axes.index(box)
        sources.check(index)
        return axes.arrange(data[index])

    return Volume(
        name=name,
        shape=axes.pick(data.shape),
        dtype=data.dtype.newbyteorder("="),
        voxel_size_nm=size,
        offset_nm=settle_offset(source, find_offset(data, axes, size)),
        load=load,
        verify=lambda: sources.check(tuple(slice(0, n) for n in data.shape)),
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


class Sources:
    """The files that a virtual dataset is put together from; none of other datasets.

    HDF5 gives 0 where such a file is missing, without an error.

    Parameters
    ----------
    name : of the dataset, for messages
    """

    def __init__(self, data: h5py.Dataset, name: str) -> None:
        self.name, folder = name, Path(data.file.filename).parent
        listed = data.virtual_sources() if data.is_virtual else []
        listed = [part for part in listed if part.file_name != "."]
        self.paths = [folder / part.file_name for part in listed]
        bounds = [part.vspace.get_select_bounds() for part in listed]
        self.bounds = np.array(bounds, int).reshape(len(listed), 2, data.ndim)
        self.is_there = np.zeros(len(listed), bool)

    def check(self, index: tuple) -> None:
        """Refuse to read at an index if a file is missing.

        Raises
        ------
        InputError
            That names the file.
        """
        if self.is_there.all():
            return
        slices = (i if isinstance(i, slice) else slice(i, i + 1) for i in index)
        start, stop = np.transpose([(part.start, part.stop) for part in slices])
        first, last = self.bounds[:, 0], self.bounds[:, 1]
        is_read = ((first < stop) & (start <= last)).all(axis=1)
        for number in np.flatnonzero(is_read & ~self.is_there):
            self.is_there[number] = self.paths[number].exists()
            if not self.is_there[number]:
                raise InputError(
                    f"{self.name} is put together from other files, of which "
                    f"{self.paths[number].name} is missing. Restore that file; if "
                    "neuropil made both, delete both and run the same command again."
                )
