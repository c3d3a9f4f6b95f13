"""Volumes in the precomputed format of Neuroglancer, which is in x, y, z order."""

from __future__ import annotations

from neuropil.errors import InputError
from neuropil.volumes.base import Volume, in_nm
from neuropil.volumes.stores import Level, open_levels, read_json, store_spec


def open_precomputed_volume(source: dict, name: str) -> Volume:
    """Open one scale of a precomputed volume; keys: path, level, channel.

    Its ``info`` file gives voxel size (resolution) and offset of every scale.
    """
    inner = (source.get("dataset") or "").strip("/")
    prefix = f"{inner}/" if inner else ""
    info = read_json(source, f"{prefix}info", name)
    if info is None or not info.get("scales"):
        raise InputError(
            f"{name} has no precomputed volume at {inner or 'its top'!r}, expected a "
            "file info with scales. Correct path or dataset."
        )
    levels = []
    for number, scale in enumerate(info["scales"]):
        size = in_nm(scale["resolution"], "nm")[::-1]
        offset = scale.get("voxel_offset", (0, 0, 0))[::-1]
        levels.append(
            Level(
                key=scale["key"],
                spec={
                    "driver": "neuroglancer_precomputed",
                    "kvstore": store_spec(source, inner),
                    "scale_index": number,
                },
                axes="xyzc",
                voxel_size_nm=size,
                offset_nm=tuple(v * s for v, s in zip(offset, size)),
            )
        )
    return open_levels(levels, source, name)
