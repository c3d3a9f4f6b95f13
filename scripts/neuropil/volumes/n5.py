"""Volumes in N5 stores, whose metadata is in x, y, z order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from neuropil.errors import InputError
from neuropil.volumes.base import Volume, exact, in_nm
from neuropil.volumes.stores import (
    Level,
    level_corners,
    open_levels,
    read_json,
    store_spec,
)


def open_n5_volume(source: dict, name: str) -> Volume:
    """Open an array of an N5 store, or a group of levels ``s0``, ``s1``, ...

    Keys: path, dataset, level, axes, channel. The voxel size is read from
    ``pixelResolution``, ``resolution`` (nm) or ``transform`` (OpenOrganelle).
    """
    inner = (source.get("dataset") or "").strip("/")
    prefix = f"{inner}/" if inner else ""
    attributes = read_json(source, f"{prefix}attributes.json", name)
    if attributes is None:
        raise InputError(
            f"{name} has no N5 metadata at {inner or 'its top'!r}, expected a file "
            "attributes.json. Correct path or dataset."
        )
    if "dimensions" in attributes:
        return open_levels([n5_level(source, inner, attributes, {})], source, name)
    levels = []
    while found := read_json(source, f"{prefix}s{len(levels)}/attributes.json", name):
        key = f"{prefix}s{len(levels)}"
        levels.append(n5_level(source, key, found, attributes))
    if not levels:
        raise InputError(
            f"{name} is an N5 group without levels s0, s1, ... at "
            f"{inner or 'its top'!r}. Name an array with the key dataset."
        )
    corners = level_corners([(v.voxel_size_nm, v.offset_nm) for v in levels])
    levels = [replace(v, offset_nm=c) for v, c in zip(levels, corners)]
    return open_levels(levels, source, name)


def n5_level(source: dict, key: str, attributes: dict, group: dict) -> Level:
    """Describe one array by its attributes and those of its group.

    Its offset is that of the centre of voxel 0; see `level_corners`.
    """
    size, offset = transform_place(attributes)
    if size is None:
        size, offset = scaled_size(attributes, group), None
    return Level(
        key=key,
        spec={"driver": "n5", "kvstore": store_spec(source, key)},
        axes="xyzct"[: len(attributes["dimensions"])],
        voxel_size_nm=size,
        offset_nm=offset,
    )


def transform_place(attributes: dict) -> tuple:
    """Voxel size and corner (z, y, x) in nm by an OpenOrganelle transform, or None."""
    transform = attributes.get("transform")
    if not transform:
        return None, None
    where = [transform["axes"].index(a) for a in "zyx"]
    units = transform.get("units", ["nm"] * len(transform["axes"]))
    size = [in_nm([transform["scale"][i]], units[i]) for i in where]
    centre = [in_nm([transform["translate"][i]], units[i]) for i in where]
    if None in size:
        return None, None
    return tuple(v for (v,) in size), tuple(v for (v,) in centre)


def scaled_size(attributes: dict, group: dict) -> Sequence | None:
    """Voxel size (z, y, x) in nm from resolution and downsampling factors, or None."""
    for key in ("pixelResolution", "resolution"):
        found = attributes.get(key) or group.get(key)
        if not found:
            continue
        if isinstance(found, dict):
            size = in_nm(found["dimensions"], found.get("unit", "nm"))
        else:
            size = in_nm(found, "nm")
        own = key in attributes
        factors = None if own else attributes.get("downsamplingFactors")
        factors = factors or (1, 1, 1)
        return size and tuple(s * exact(f) for s, f in zip(size, factors))[2::-1]
    return None
