"""Check a dataset's volumes before anything is made from them."""

from __future__ import annotations

import itertools
import logging

import numpy as np

from neuropil.errors import InputError
from neuropil.grid import Box, tile
from neuropil.volumes.base import (
    Volume,
    describe_box,
    describe_lengths,
    describe_shape,
    same_size,
)
from neuropil.volumes.roles import (
    convert,
    covered_box,
    kind_of,
    open_role,
    open_source,
)

SAMPLE = (16, 64, 64)  # voxels of each sampled box
SAMPLES_PER_AXIS = 3
SCAN = (64, 256, 256)  # voxels read at a time when looking for the first label


def inspect_volumes(dataset: dict) -> dict[str, Box]:
    """Check type and place of every volume by its metadata; no voxel is read.

    Returns
    -------
    The part of the dataset's box that each role covers.

    Raises
    ------
    InputError
        If a volume can't be opened, has a wrong type, or lies elsewhere.
    """
    covered = {}
    for role in dataset["volumes"]:
        stored = open_source(dataset, role)
        convert(stored, kind_of(dataset, role))
        covered[role] = covered_box(stored, dataset)
        if kind_of(dataset, role) == "affinities":
            check_channels(dataset, role)
        check_overlap(stored, covered[role], dataset)
    return covered


def check_channels(dataset: dict, role: str) -> None:
    """Refuse affinities without a channel, or of voxels that are not the dataset's."""
    size = tuple(dataset["voxel_size_nm"][axis] for axis in "zyx")
    source = dataset["volumes"][role]
    for channel in source["channels"].values():
        part = {**dataset, "volumes": {role: {**source, "channel": channel}}}
        stored = open_source(part, role)
        if not same_size(stored.voxel_size_nm, size):
            raise InputError(
                f"{stored.name} has voxels of {describe_lengths(stored.voxel_size_nm)},"
                f" the dataset of {describe_lengths(size)}: affinities are of faces "
                "between voxels, and can't be sampled. Choose the level, or give "
                "the dataset their voxel size."
            )


def check_overlap(stored: Volume, covered: Box, dataset: dict) -> None:
    """Refuse a volume that lies beside the dataset, or whose axes are reversed."""
    whole = tuple(dataset["shape_vx"])
    if stored.shape != whole and stored.shape[::-1] == whole and covered.size:
        raise InputError(
            f"{stored.name} has shape {describe_shape(stored.shape)}, the dataset "
            f"{describe_shape(whole)} (z, y, x): its axes seem reversed. Add axes: xyz "
            "(cxyz with channels) to it in the config."
        )
    if not covered.size:
        raise InputError(
            f"{stored.name} (shape {describe_shape(stored.shape)}) does not overlap "
            f"with the dataset's box {describe_box(Box(*dataset['box_vx']))}. Correct "
            "its voxel_size_nm or offset_nm, or the box."
        )


def check_volumes(dataset: dict) -> dict:
    """Check every volume of a dataset, voxels too, and describe them.

    Boxes spread over the dataset are read: that shows damaged files, values out of
    range, masks that were called probabilities, and empty segmentations.

    Returns
    -------
    dict to be saved as JSON: ``dataset``, ``volumes`` by role, ``warnings``.

    Raises
    ------
    InputError
        For the first volume that can't be used.
    """
    box = Box(*map(tuple, dataset["box_vx"]))
    covered = inspect_volumes(dataset)
    volumes, warnings = {}, []
    for role, part in covered.items():
        stored = open_source(dataset, role)
        stored.verify()
        found = describe_values(open_role(dataset, role), part)
        kind = kind_of(dataset, role)
        check_values(stored, kind, found)
        volumes[role] = describe_stored(stored, kind, part, box) | found
        warnings += warn(stored.name, kind, volumes[role])
    for warning in warnings:
        logging.warning(warning)
    return {
        "dataset": {k: dataset[k] for k in dataset if k != "volumes"},
        "volumes": volumes,
        "warnings": warnings,
    }


def describe_stored(stored: Volume, kind: str, part: Box, box: Box) -> dict:
    """Say what a file holds and how much of the dataset's box it covers."""
    return {
        "name": stored.name,
        "kind": kind,
        "shape_vx": list(stored.shape),
        "dtype": str(stored.dtype),
        "voxel_size_nm": list(stored.voxel_size_nm),
        "offset_nm": list(stored.offset_nm),
        "covered_fraction": part.size / box.size,
    }


def sample_boxes(box: Box) -> list[Box]:
    """Boxes spread evenly over a box, its first and last corner among them."""
    starts = []
    for start, stop, n in zip(box.start, box.stop, SAMPLE):
        last = max(start, stop - n)
        starts.append(sorted({*np.linspace(start, last, SAMPLES_PER_AXIS, dtype=int)}))
    corners = itertools.product(*starts)
    return [
        Box.of(SAMPLE, tuple(int(v) for v in corner)).intersect(box)
        for corner in corners
    ]


def describe_values(volume: Volume, box: Box) -> dict:
    """Least and greatest value, and share of non-zero voxels, in sampled boxes.

    Where these are all 0, as they may be in a sparse map, reading goes on from the
    start up to the first voxel that is not.
    """
    boxes = sample_boxes(box)
    found = [describe_box_values(volume, sample) for sample in boxes]
    if not any(nonzero for _, _, nonzero, _ in found):
        for block in tile(box, SCAN):
            found.append(describe_box_values(volume, block))
            if found[-1][2]:
                break
    least, greatest, nonzero, count = zip(*found)
    return {
        "sampled_voxels": sum(count),
        "least": min(least),
        "greatest": max(greatest),
        "nonzero_fraction": sum(nonzero) / sum(count),
    }


def describe_box_values(volume: Volume, box: Box) -> tuple[int, int, int, int]:
    """Least and greatest value, number of non-zero voxels, number of voxels."""
    voxels = volume.read(box)
    nonzero = int(np.count_nonzero(voxels))
    return int(voxels.min()), int(voxels.max()), nonzero, voxels.size


def check_values(stored: Volume, kind: str, found: dict) -> None:
    """Refuse probabilities that are a mask, and a segmentation without a label."""
    if kind == "probability" and found["greatest"] == 1 and stored.dtype.kind == "u":
        raise InputError(
            f"{stored.name} holds no value but 0 and 1, expected probabilities from 0 "
            "to 255. Say kind: mask in the config."
        )
    if kind == "affinities" and stored.dtype.kind == "u" and found["least"] >= 254:
        raise InputError(  # found is what the map of boundaries has, 255 - affinity
            f"{stored.name} holds no value above 1, expected affinities from 0 to 255 "
            "as uint8. Multiply them by 255, or store them as decimal numbers 0 to 1."
        )
    if kind == "labels" and not found["greatest"]:
        raise InputError(
            f"{stored.name} holds no label: all voxels of the box are 0. Correct the "
            "path, the dataset inside, or the box."
        )


def warn(name: str, kind: str, found: dict) -> list[str]:
    """Say what is odd about a volume but need not be wrong."""
    warnings = []
    if found["covered_fraction"] < 1:
        warnings.append(
            f"{name} covers {found['covered_fraction']:.1%} of the dataset's box; the "
            "rest reads as 0."
        )
    if found["least"] == found["greatest"] and kind != "labels":
        warnings.append(f"{name} is {found['least']} in all voxels that were read.")
    return warnings
