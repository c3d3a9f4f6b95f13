"""Volumes in Zarr (versions 2 and 3) and OME-Zarr."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from neuropil.errors import InputError
from neuropil.volumes.base import Volume, default_axes, exact, in_nm
from neuropil.volumes.stores import (
    Level,
    level_corners,
    open_levels,
    read_json,
    store_spec,
)

DRIVERS = {2: "zarr", 3: "zarr3"}


def open_zarr_volume(source: dict, name: str) -> Volume:
    """Open an array or a multiscale image (OME-Zarr) of a Zarr store.

    Keys: path, dataset (path of the array or image inside), level, axes, channel.
    Arrays may carry ``voxel_size``/``resolution`` and ``offset`` attributes in nm.
    """
    inner = (source.get("dataset") or "").strip("/")
    version, kind, attributes, metadata = read_node(source, inner, name)
    if kind == "array":
        levels = [array_level(source, inner, version, attributes, metadata)]
    else:
        levels = ome_levels(source, inner, version, attributes, name)
    return open_levels(levels, source, name)


def read_node(source: dict, inner: str, name: str) -> tuple[int, str, dict, dict]:
    """Read version, kind (array or group), attributes and metadata of a Zarr node."""
    prefix = f"{inner}/" if inner else ""
    metadata = read_json(source, f"{prefix}zarr.json", name)
    if metadata is not None:
        kind = metadata.get("node_type", "array")
        return 3, kind, metadata.get("attributes", {}), metadata
    metadata = read_json(source, f"{prefix}.zarray", name)
    attributes = read_json(source, f"{prefix}.zattrs", name)
    if metadata is not None:
        return 2, "array", attributes or {}, metadata
    if attributes is None and read_json(source, f"{prefix}.zgroup", name) is None:
        raise InputError(
            f"{name} has no Zarr metadata at {inner or 'its top'!r}, expected "
            "zarr.json, .zarray or .zgroup. Correct path or dataset."
        )
    return 2, "group", attributes or {}, {}


def array_level(
    source: dict, inner: str, version: int, attributes: dict, metadata: dict
) -> Level:
    """Describe a single array by its own attributes."""
    shape = metadata.get("shape", ())
    named = metadata.get("dimension_names") or attributes.get("_ARRAY_DIMENSIONS")
    axes = axis_letters(named) or axis_letters(attributes.get("axes"))
    axes = axes or default_axes(len(shape))
    size = attributes.get("voxel_size_nm") or attributes.get("voxel_size")
    size = size or attributes.get("resolution")
    return Level(
        key=inner,
        spec={"driver": DRIVERS[version], "kvstore": store_spec(source, inner)},
        axes=axes,
        voxel_size_nm=size and in_nm(spatial(size, axes), "nm"),
        offset_nm=attributes.get("offset") and spatial(attributes["offset"], axes),
    )


def axis_letters(names: Sequence | None) -> str | None:
    """Axes as letters, from names or from OME's objects; None if there are none.

    >>> axis_letters([{"name": "c"}, {"name": "Z"}, {"name": "y"}, {"name": "x"}])
    'czyx'
    """
    if not names:
        return None
    names = [n.get("name") if isinstance(n, dict) else n for n in names]
    letters = "".join(str(n)[:1].lower() for n in names)
    return letters if set("zyx") <= set(letters) else None


def spatial(values: Sequence, axes: str) -> tuple:
    """Take the z, y, x entries of values with an entry per (spatial) axis."""
    letters = axes if len(values) == len(axes) else [a for a in axes if a in "zyx"]
    return tuple(values[list(letters).index(a)] for a in "zyx")


def ome_levels(
    source: dict, inner: str, version: int, attributes: dict, name: str
) -> list[Level]:
    """List the levels of an OME-Zarr image (metadata versions 0.1 to 0.5)."""
    images = attributes.get("ome", attributes).get("multiscales")
    if not images:
        raise InputError(
            f"{name} is a Zarr group without an image (no multiscales metadata) at "
            f"{inner or 'its top'!r}. Name an array inside of it with the key dataset."
        )
    image = images[0]
    axes = axis_letters(image.get("axes")) or "tczyx"
    places = [ome_place(image, data, axes) for data in image["datasets"]]
    corners = level_corners(places)
    levels = []
    for data, (size, _), corner in zip(image["datasets"], places, corners):
        key = "/".join(part for part in (inner, str(data["path"])) if part)
        spec = {"driver": DRIVERS[version], "kvstore": store_spec(source, key)}
        levels.append(Level(key, spec, axes, size, corner))
    return levels


def ome_place(image: dict, data: dict, axes: str) -> tuple:
    """Scale and translation (z, y, x) in nm of one level; None where not given."""
    scale, shift = [Fraction(1)] * len(axes), [Fraction(0)] * len(axes)
    given = data.get("coordinateTransformations", [])
    for step in [*given, *image.get("coordinateTransformations", [])]:
        if step["type"] == "scale":
            factors = [exact(v) for v in step["scale"]]
            scale = [a * b for a, b in zip(scale, factors)]
            shift = [a * b for a, b in zip(shift, factors)]
        elif step["type"] == "translation":
            shift = [a + exact(b) for a, b in zip(shift, step["translation"])]
    units = {
        axis["name"]: axis.get("unit")
        for axis in image.get("axes") or []
        if isinstance(axis, dict)
    }
    if not given:
        return None, None
    size = [in_nm([scale[axes.index(a)]], units.get(a)) for a in "zyx"]
    place = [in_nm([shift[axes.index(a)]], units.get(a)) for a in "zyx"]
    if None in size:
        return None, None
    return tuple(v for (v,) in size), tuple(v for (v,) in place)
