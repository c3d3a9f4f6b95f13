"""Volumes by their role in a dataset, all on the grid of its supervoxels.

A dataset is a dict of plain values (`config.resolve_sources`): ``volumes`` (sources by
role), ``voxel_size_nm``, ``offset_nm``, ``shape_vx`` and ``box_vx``. Voxel i of the
dataset lies at ``offset + [i, i + 1) * voxel_size``.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from neuropil.errors import InputError
from neuropil.grid import Box
from neuropil.volumes.affinities import Faces, find_boundaries, point_back
from neuropil.volumes.base import Volume, exact
from neuropil.volumes.opening import open_volume

# All others: probability.
KINDS = {"raw": "intensity", "supervoxels": "labels", "truth": "labels"}
DTYPES = {
    "intensity": "uint8 or uint16",
    "labels": "whole numbers (uint8 to uint64, or signed without negative ids)",
    "probability": "uint8 (0 to 255) or decimal numbers (0 to 1)",
    "mask": "whole numbers or booleans, 0 outside",
    "affinities": "uint8 (0 to 255) or decimal numbers (0 to 1)",
}
ROUNDING = 1e-3  # how far above 1 a network's float probability may end up


def open_role(dataset: dict, role: str) -> Volume:
    """Open the volume of a role so that `read` takes voxels of the dataset.

    A map of another voxel size or offset is sampled at the centre of each voxel of the
    dataset, without interpolation. Outside of the dataset's box everything is 0. Of
    affinities, a map of boundaries is made.

    Returns
    -------
    Volume of uint8 for maps (0 to 255; masks 0 or 255), uint64 for labels, and of the
    file's uint8 or uint16 for raw data.

    Raises
    ------
    InputError
        If it can't be opened, or holds a type that its role does not allow.
    """
    if kind_of(dataset, role) == "affinities":
        along = dataset["volumes"][role]["along"]
        return find_boundaries(open_faces(dataset, role), along)
    volume, kind = open_source(dataset, role), kind_of(dataset, role)
    if "values" in dataset["volumes"][role]:
        volume = select(volume, dataset["volumes"][role]["values"])
    return place(convert(volume, kind), dataset)


def open_faces(dataset: dict, role: str) -> Volume | Faces:
    """Open what edges between supervoxels are measured in.

    Returns
    -------
    The map of the role, or of affinities those of each face
    """
    source, faces = dataset["volumes"][role], []
    if kind_of(dataset, role) != "affinities":
        return open_role(dataset, role)
    for axis, name in enumerate("zyx"):
        channel = {role: {**source, "channel": source["channels"][name]}}
        stored = open_source({**dataset, "volumes": channel}, role)
        volume = convert(stored, "affinities")
        if source["toward"] == "next":
            volume = point_back(volume, axis)
        faces.append(place(volume, dataset))
    return Faces(faces)


def open_source(dataset: dict, role: str) -> Volume:
    """Open the volume of a role as it is stored; of affinities those along z."""
    source = dataset["volumes"][role]
    assumed = {"assumed_voxel_size_nm": dataset.get("voxel_size_nm")}
    key = source.get("key", f"volumes.{role}")
    return open_volume({**source, **assumed}, f"{key} ({source['path']})")


def kind_of(dataset: dict, role: str) -> str:
    """Tell what the values of a role mean, such as labels, probability or mask."""
    source = dataset["volumes"][role]
    usual = "mask" if "values" in source else KINDS.get(role, "probability")
    return source.get("kind") or usual


def convert(volume: Volume, kind: str) -> Volume:
    """Turn the values of a volume into those that every step works with.

    Parameters
    ----------
    kind : ``intensity`` stays; ``labels`` become uint64; ``probability`` and
        ``affinities`` become uint8, floats p as round(255 p); ``mask`` becomes 0 or 255
    """
    convert_voxels = CONVERSIONS[kind].get(volume.dtype.kind)
    if convert_voxels is None or not fits(kind, volume.dtype):
        hint = "Convert it, or correct its kind in the config."
        if kind == "probability" and volume.dtype.kind in "bu":
            hint = "Say kind: mask if it is one, or convert it."
        elif kind == "labels" and volume.dtype.kind == "f":
            hint = "Floats lose ids above 2^53: export the segmentation as uint64."
        raise InputError(
            f"{volume.name} holds {volume.dtype}, expected {DTYPES[kind]} for {kind}. "
            f"{hint}"
        )
    dtype = {"labels": np.dtype("u8"), "intensity": volume.dtype}.get(kind)
    return replace(
        volume,
        dtype=dtype or np.dtype("u1"),
        load=lambda box: convert_voxels(volume.read(box), volume.name),
    )


def select(volume: Volume, values: list[int]) -> Volume:
    """Turn labels of several classes into a mask of those that are wanted."""
    if volume.dtype.kind not in "ui":
        raise InputError(
            f"{volume.name} holds {volume.dtype}, expected whole numbers, of which the "
            "config's `values` are inside. Leave them out, or name another volume."
        )
    wanted = np.array(values)
    return replace(
        volume,
        dtype=np.dtype(bool),
        load=lambda box: np.isin(volume.read(box), wanted),
    )


def fits(kind: str, dtype: np.dtype) -> bool:
    """Whether the size of a type is one that a kind allows."""
    shares = 8 if dtype.kind == "f" else 1
    largest = {"intensity": 2, "probability": shares, "affinities": shares}
    return dtype.itemsize <= largest.get(kind, 8)


def keep(voxels: np.ndarray, name: str) -> np.ndarray:
    """Leave voxels as they are."""
    return voxels


def widen(voxels: np.ndarray, name: str) -> np.ndarray:
    """Ids as uint64."""
    return voxels.astype(np.uint64, copy=False)


def widen_signed(voxels: np.ndarray, name: str) -> np.ndarray:
    """Ids of a signed type as uint64; negative ones are refused."""
    if voxels.size and voxels.min() < 0:
        raise InputError(
            f"{name} holds the negative id {voxels.min()}, expected ids from 0 on. Ids "
            "above 2^63 turn negative in a signed type: export the segmentation as "
            "uint64."
        )
    return voxels.astype(np.uint64)


def scale(voxels: np.ndarray, name: str) -> np.ndarray:
    """Float probabilities 0 to 1 as uint8 0 to 255."""
    low, high = (voxels.min(), voxels.max()) if voxels.size else (0, 0)
    if not (low >= -ROUNDING and high <= 1 + ROUNDING):
        found = "values that are no numbers (NaN)" if np.isnan(low) else ""
        found = found or f"values from {low:g} to {high:g}"
        raise InputError(
            f"{name} holds {found}, expected probabilities from 0 to 1. Replace or "
            "rescale them, or store probabilities 0 to 255 as uint8."
        )
    return np.clip(np.rint(voxels * np.float32(255)), 0, 255).astype(np.uint8)


def binarise(voxels: np.ndarray, name: str) -> np.ndarray:
    """Masks as 0 and 255."""
    return (voxels != 0).view(np.uint8) * np.uint8(255)


CONVERSIONS: dict[str, dict[str, Callable]] = {
    "intensity": {"u": keep},
    "labels": {"u": widen, "i": widen_signed},
    "probability": {"u": keep, "f": scale},
    "affinities": {"u": keep, "f": scale},
    "mask": {"b": binarise, "u": binarise, "i": binarise},
}


def place(volume: Volume, dataset: dict) -> Volume:
    """Sample a volume at the voxels of the dataset, and cut it to the dataset's box."""
    size, offset = dataset["voxel_size_nm"], dataset["offset_nm"]
    size, offset = (tuple(v[a] for a in "zyx") for v in (size, offset))
    maps = [
        sampling(*lengths)
        for lengths in zip(size, offset, volume.voxel_size_nm, volume.offset_nm)
    ]
    return replace(
        volume,
        shape=tuple(dataset["shape_vx"]),
        voxel_size_nm=size,
        offset_nm=offset,
        box=Box(*map(tuple, dataset["box_vx"])),
        load=functools.partial(load_sampled, volume, maps),
    )


def sampling(
    size: float, offset: float, other_size: float, other_offset: float
) -> tuple[int, int, int]:
    """Whole numbers (a, b, c): voxel i of the dataset samples voxel (a i + b) // c.

    The sampled voxel is the one that holds the centre of voxel i. Whole numbers make
    it exact, and the same for any box.

    >>> sampling(10, 0, 40, 0)  # four voxels share one
    (2, 1, 8)
    """
    step = exact(size) / exact(other_size)
    first = (exact(size) / 2 + exact(offset) - exact(other_offset)) / exact(other_size)
    common = math.lcm(step.denominator, first.denominator)
    return int(step * common), int(first * common), common


def load_sampled(volume: Volume, maps: list[tuple], box: Box) -> np.ndarray:
    """Read a box of the dataset from a volume with its own voxels."""
    if all(a == c for a, _, c in maps):
        return volume.read(box.shift(tuple(b // c for _, b, c in maps)))
    places = [
        np.array([(a * i + b) // c for i in range(start, stop)])
        for (a, b, c), start, stop in zip(maps, box.start, box.stop)
    ]
    start = tuple(int(p[0]) for p in places)
    voxels = volume.read(Box(start, tuple(int(p[-1]) + 1 for p in places)))
    for axis in (2, 1, 0):  # z last: it copies whole planes
        voxels = np.take(voxels, places[axis] - start[axis], axis)
    return voxels


def covered_box(volume: Volume, dataset: dict) -> Box:
    """Voxels of the dataset's box whose centre a stored volume holds."""
    start, stop = [], []
    for axis in range(3):
        a, b, c = sampling(
            dataset["voxel_size_nm"]["zyx"[axis]],
            dataset["offset_nm"]["zyx"[axis]],
            volume.voxel_size_nm[axis],
            volume.offset_nm[axis],
        )
        start.append(-(b // a))
        stop.append((c * volume.shape[axis] - b - 1) // a + 1)
    found = Box(tuple(start), tuple(max(p, q) for p, q in zip(start, stop)))
    return found.intersect(Box(*map(tuple, dataset["box_vx"])))
