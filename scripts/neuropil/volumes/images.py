"""Volumes that are stacks of images: a multi-page TIFF, or a folder of sections.

Only the sections that a box needs are read; uncompressed TIFF files are mapped, so
that of a section, too, only what the box needs is read.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from neuropil.errors import InputError
from neuropil.grid import Box, Triple
from neuropil.volumes.base import (
    IMAGE_SUFFIXES,
    Volume,
    check_array,
    default_axes,
    describe_shape,
    exact,
    find_axes,
    in_nm,
    one_line,
    settle_offset,
    settle_voxel_size,
)

GREY_MODES = ("L", "1", "I", "I;16", "F")
KEPT_BYTES = 256 * 2**20  # decoded sections, which the neighbouring block needs again

Image.MAX_IMAGE_PIXELS = None  # sections of an EM volume are larger than photographs


def open_image_volume(source: dict, name: str) -> Volume:
    """Open a multi-page TIFF file, or a folder of TIFF or PNG sections.

    Sections are ordered by the last number in their file names, which must go up
    in equal steps. Keys: path, axes, channel.
    """
    path = Path(source["path"])
    if path.is_dir():
        return open_sections(find_sections(path, name), source, name)
    if IMAGE_SUFFIXES[path.suffix.lower()] == "png":
        return open_sections([path], source, name)
    return open_pages(path, source, name)


def find_sections(folder: Path, name: str) -> list[Path]:
    """List the sections of a folder in the order of their numbers.

    Raises
    ------
    InputError
        If there are none, of two formats, or if a number is missing or double.
    """
    paths = [p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES]
    paths = [p for p in paths if not p.name.startswith(".")]
    formats = {IMAGE_SUFFIXES[p.suffix.lower()] for p in paths}
    if len(formats) != 1:
        raise InputError(
            f"{name} holds {'both TIFF and PNG' if formats else 'no TIFF or PNG'} "
            "files, expected the sections of one volume. Correct the path, or move "
            "the other files away."
        )
    numbered = {}
    for path in sorted(paths):
        digits = re.findall(r"\d+", path.stem)
        number = int(digits[-1]) if digits else None
        if number is None or number in numbered:
            other = f", as {numbered[number].name} has" if digits else ""
            raise InputError(
                f"{name}: {path.name} has {'the same' if digits else 'no'} section "
                f"number{other}; expected a number of its own at the end of the name. "
                "Rename the files."
            )
        numbered[number] = path
    check_numbers(sorted(numbered), name)
    return [numbered[number] for number in sorted(numbered)]


def check_numbers(numbers: list[int], name: str) -> None:
    """Refuse a gap in the numbers of sections."""
    steps = np.diff(numbers)
    if len(steps) and (steps != steps.min()).any():
        where = int(np.argmax(steps != steps.min()))
        raise InputError(
            f"{name}: between sections {numbers[where]} and {numbers[where + 1]} "
            f"there are others missing, expected steps of {steps.min()}. Put a blank "
            "or copied section into each gap, so that depths stay right."
        )


def open_sections(paths: list[Path], source: dict, name: str) -> Volume:
    """Open sections, one image file each, as a volume; all have the first's size."""
    first = read_section(paths[0], name)
    check_array(first.dtype, first.shape, name)
    shape = (len(paths), *first.shape)
    axes = find_axes(source, "zyxc"[: len(shape)], shape, name)
    read = keep_sections(lambda z: check_section(paths, z, first, name), first.nbytes)

    def load(box: Box) -> np.ndarray:
        return load_sections(read, axes.index(box), axes.arrange)

    return Volume(
        name=name,
        shape=axes.pick(shape),
        dtype=first.dtype.newbyteorder("="),
        voxel_size_nm=settle_voxel_size(source, None, name),
        offset_nm=settle_offset(source, None),
        load=load,
        verify=lambda: check_sizes(paths, first, name),
    )


def keep_sections(
    read: Callable[[int], np.ndarray], section_bytes: int
) -> Callable[[int], np.ndarray]:
    """Keep the sections read last; several threads may ask at once."""
    count = max(1, KEPT_BYTES // section_bytes)
    cached, lock = functools.lru_cache(count)(read), threading.Lock()

    def read_kept(z: int) -> np.ndarray:
        with lock:
            return cached(z)

    return read_kept


def load_sections(read: Callable, index: tuple, arrange: Callable) -> np.ndarray:
    """Read the part of a stack at an index whose first entry is the section."""
    first, *inside = index
    numbers = range(first.start, first.stop)
    return arrange(np.stack([read(z)[tuple(inside)] for z in numbers]))


def check_section(
    paths: list[Path], z: int, first: np.ndarray, name: str
) -> np.ndarray:
    """Read one section and compare its size and type with those of the first."""
    section = read_section(paths[z], name)
    if section.shape != first.shape or section.dtype != first.dtype:
        raise InputError(
            f"{name}: {paths[z].name} is {describe_shape(section.shape)} "
            f"{section.dtype}, but {paths[0].name} is {describe_shape(first.shape)} "
            f"{first.dtype}. Bring all sections to one size and type."
        )
    return section


def check_sizes(paths: list[Path], first: np.ndarray, name: str) -> None:
    """Compare the size of every section with the first's, by its header alone."""
    for path in paths:
        shape = header_shape(path, name)
        if shape[:2] != first.shape[:2]:
            raise InputError(
                f"{name}: {path.name} is {describe_shape(shape)}, but {paths[0].name} "
                f"is {describe_shape(first.shape)}. Bring all sections to one size."
            )


def header_shape(path: Path, name: str) -> tuple[int, ...]:
    """Height and width of an image file, without decoding it."""
    try:
        if IMAGE_SUFFIXES[path.suffix.lower()] == "tiff":
            with tifffile.TiffFile(path) as file:
                return file.pages[0].shape
        with Image.open(path) as image:
            return image.size[::-1]
    except (OSError, ValueError, IndexError, tifffile.TiffFileError) as error:
        raise unreadable(path, name, error) from error


def read_section(path: Path, name: str) -> np.ndarray:
    """Decode one image file, (Y, X) or (Y, X, C)."""
    try:
        if IMAGE_SUFFIXES[path.suffix.lower()] == "tiff":
            return decode_page(path, lambda: tifffile.imread(path, key=0), 0)
        return decode_image(path, 0)
    except (OSError, ValueError, IndexError, tifffile.TiffFileError) as error:
        raise unreadable(path, name, error) from error


def decode_page(path: Path, decode: Callable[[], np.ndarray], page: int) -> np.ndarray:
    """Decode a page of a TIFF file; Pillow knows compressions that tifffile lacks."""
    try:
        return decode()
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
        return decode_image(path, page)


def decode_image(path: Path, page: int) -> np.ndarray:
    """Decode an image, or a page of it, with Pillow; colours are refused."""
    with Image.open(path) as image:
        image.seek(page)
        if image.mode not in GREY_MODES:
            raise ValueError(f"it is a colour image ({image.mode}), expected grey ones")
        return np.asarray(image)


def unreadable(path: Path, name: str, error: Exception) -> InputError:
    """Say that an image can't be read."""
    return InputError(
        f"{name}: {path.name} is no image that can be read ({one_line(error)}). Copy "
        "it anew, or convert it to a grey TIFF or PNG."
    )


def open_pages(path: Path, source: dict, name: str) -> Volume:
    """Open a multi-page TIFF file as a volume."""
    try:
        file = tifffile.TiffFile(path)
        series = file.series[0]
    except (OSError, ValueError, IndexError, tifffile.TiffFileError) as error:
        raise unreadable(path, name, error) from error
    check_array(series.dtype, series.shape, name)
    letters = series.axes.lower()
    # Many writers call sections channels, frames, or nothing.
    named = set("zyx") <= set(letters) <= set("zyxct")
    default = letters if named else default_axes(len(series.shape))
    axes = find_axes(source, default, series.shape, name)
    size = settle_voxel_size(source, find_voxel_size(file), name)
    try:
        load = page_loader(path, series, axes)
    except (OSError, ValueError) as error:  # shorter than its header says
        raise unreadable(path, name, error) from error
    return Volume(
        name=name,
        shape=axes.pick(series.shape),
        dtype=series.dtype.newbyteorder("="),
        voxel_size_nm=size,
        offset_nm=settle_offset(source, None),
        load=load,
    )


def page_loader(path: Path, series, axes) -> Callable[[Box], np.ndarray]:
    """Make the function that reads a box of a series of pages."""
    if series.dataoffset is not None:
        place = {"offset": series.dataoffset, "shape": series.shape}
        dtype = series.dtype.newbyteorder(series.parent.byteorder)
        mapped = np.memmap(path, dtype, "r", **place)
        return lambda box: axes.arrange(np.array(mapped[axes.index(box)]))

    def decode(page: int) -> np.ndarray:
        return decode_page(path, lambda: series.asarray(key=page), page)

    read = keep_sections(decode, series.pages[0].nbytes)

    def load(box: Box) -> np.ndarray:
        index = axes.index(box)
        plane = len(series.pages[0].shape)
        outer, inner = index[:-plane], index[-plane:]
        shape: Triple = series.shape[: len(outer)]
        ranges = [s if isinstance(s, slice) else slice(s, s + 1) for s in outer]
        numbers = np.arange(len(series.pages)).reshape(shape)[tuple(ranges)]
        stack = np.stack([read(int(n))[inner] for n in numbers.ravel()])
        kept = [n for n, s in zip(numbers.shape, outer) if isinstance(s, slice)]
        return axes.arrange(stack.reshape(*kept, *stack.shape[1:]))

    return load


def find_voxel_size(file: tifffile.TiffFile):
    """Voxel size (z, y, x) in nm by ImageJ's metadata, or None."""
    meta = file.imagej_metadata or {}
    unit = meta.get("unit")
    unit = {"\\u00B5m": "um"}.get(unit, unit)
    tags = file.pages[0].tags
    if unit is None or "spacing" not in meta or "XResolution" not in tags:
        return None
    y, x = (tags[k].value for k in ("YResolution", "XResolution"))
    if not (y[0] and x[0]):
        return None
    inside = [exact(per[1]) / exact(per[0]) for per in (y, x)]
    return in_nm([exact(meta["spacing"]), *inside], unit)
