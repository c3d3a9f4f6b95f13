"""Open a volume of any format, by what its path looks like or holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from neuropil.errors import InputError
from neuropil.volumes.base import IMAGE_SUFFIXES, Volume

FORMATS = ("hdf5", "zarr", "n5", "precomputed", "tiff", "png")
FILE_SUFFIXES = {".h5": "hdf5", ".hdf5": "hdf5", ".hdf": "hdf5", **IMAGE_SUFFIXES}
STORE_SUFFIXES = {".zarr": "zarr", ".n5": "n5"}
STORE_FILES = {
    "info": "precomputed",
    "zarr.json": "zarr",
    ".zarray": "zarr",
    ".zattrs": "zarr",
    ".zgroup": "zarr",
    "attributes.json": "n5",
}


def open_volume(source: dict, name: str = "") -> Volume:
    """Open a volume for reading by box; only metadata is read here.

    Parameters
    ----------
    source : one entry of the config's ``volumes``, with ``path`` resolved: a file, a
        folder, or a URL (http, https, gs, s3), optionally after ``precomputed://``,
        ``zarr://`` or ``n5://``. Further keys: dataset, format, level, axes, channel,
        voxel_size_nm, offset_nm (the config wins, but must not contradict the file's
        voxel size), anonymous.
    name : how messages call the volume; the path if empty

    Raises
    ------
    InputError
        If it can't be read, is no 3-d array, or has no voxel size.
    """
    source = dict(source)
    name = name or str(source["path"])
    for known in FORMATS:
        if str(source["path"]).startswith(f"{known}://"):
            source.update(format=known, path=source["path"].removeprefix(f"{known}://"))
    known = source.get("format") or guess_format(source, name)
    return find_opener(known)(source, name)


def find_opener(known: str) -> Callable[[dict, str], Volume]:
    """Import what opens a format; each stands on packages that take time to import."""
    match known:
        case "hdf5":
            from neuropil.volumes.hdf5 import open_hdf5_volume as opener
        case "zarr":
            from neuropil.volumes.zarr import open_zarr_volume as opener
        case "n5":
            from neuropil.volumes.n5 import open_n5_volume as opener
        case "precomputed":
            from neuropil.volumes.precomputed import open_precomputed_volume as opener
        case _:
            from neuropil.volumes.images import open_image_volume as opener
    return opener


def is_remote(path: str) -> bool:
    """Whether a path is a URL."""
    return "://" in str(path)


def guess_format(source: dict, name: str) -> str:
    """Tell the format from the suffix, else from the files in the folder or store.

    Raises
    ------
    InputError
        If the path does not exist or has no known format.
    """
    path = Path(str(source["path"]))
    suffix = path.suffix.lower()
    if not is_remote(source["path"]) and not path.exists():
        raise InputError(f"{name}: {path} does not exist. Correct the path.")
    if suffix in STORE_SUFFIXES:
        return STORE_SUFFIXES[suffix]
    if path.is_file() and suffix in FILE_SUFFIXES:
        return FILE_SUFFIXES[suffix]
    if path.is_dir() or (is_remote(source["path"]) and suffix not in FILE_SUFFIXES):
        from neuropil.volumes.stores import read_json  # takes time to import

        for file, known in STORE_FILES.items():
            if read_json(source, file, name) is not None:
                return known
    if path.is_dir():
        return "tiff"
    raise InputError(
        f"{name} has no format that is known: expected HDF5 (.h5), Zarr, N5, "
        "precomputed, TIFF or PNG, of which URLs may be Zarr, N5 or precomputed. Name "
        "it with the key format, or convert it."
    )
