"""Every voxel step on one core: the library's, beside the plain one, and do they agree.

A step works on the same arrays in memory both ways. Steps in blocks, with the work in
halos included, have no plain counterpart and are timed alone.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd

from bench import plain
from bench.tissue import VOXEL_SIZE_NM
from neuropil.blocks import map_blocks
from neuropil.contacts.plan import plan_contacts
from neuropil.contacts.sites import find_sites
from neuropil.grid import Box, Grid
from neuropil.instances import (
    BasinFile,
    Recipe,
    label_organelles,
    link_organelles,
    save_basins,
)
from neuropil.kernels.closing import close_sites
from neuropil.kernels.dense import OUTSIDE, number_sorted
from neuropil.kernels.partner import pair_boundaries
from neuropil.kernels.sites import label_components
from neuropil.organelle_voxels import extract_organelles
from neuropil.properties import extract_overlaps, extract_supervoxels, point_bins
from neuropil.volumes.base import Volume


class Step(NamedTuple):
    """A step to time: the library's call, the plain one, and how to compare them."""

    name: str
    run: Callable
    plain: Callable | None = None
    agree: Callable | None = None


class Timing(NamedTuple):
    """What came out: Mvoxel/s of both (plain: NaN if there is none), and agreement."""

    name: str
    speed: float
    plain_speed: float
    agreement: str


class Tissue:
    """A volume and what its steps need, made once.

    Parameters
    ----------
    arrays : uint64 supervoxels and uint8 mi, vc, sj, all (Z, Y, X)
    config : merged config, for the parameters of the method
    """

    def __init__(self, arrays: dict[str, np.ndarray], config: dict) -> None:
        self.arrays, self.config = arrays, config
        self.box = Box.of(arrays["supervoxels"].shape)
        self.block = tuple(config["block_shape_vx"][axis] for axis in "zyx")
        self.plan = plan_contacts(config["contacts"], VOXEL_SIZE_NM)
        shape = self.box.shape
        self.numbers, self.ids = number_sorted(arrays["supervoxels"], (0, 0, 0), shape)
        self.labels = self.numbers.astype(np.int32)

    def volume(self, role: str) -> Volume:
        """Give a role as a volume, as if it were read from a file."""
        voxels = self.arrays[role]
        return Volume(
            role,
            voxels.shape,
            voxels.dtype,
            VOXEL_SIZE_NM,
            (0.0, 0.0, 0.0),
            lambda box: np.ascontiguousarray(voxels[box.slices]),
        )

    def walk(self, function: Callable) -> Iterator:
        """Call a function on each block, on one thread."""
        return map_blocks(function, self.box, self.block, 1)


def list_steps(tissue: Tissue) -> Iterator[Step]:
    """All steps on a tissue, in the order of the workflow."""
    yield from contact_steps(tissue)
    yield from organelle_steps(tissue)
    yield from property_steps(tissue)


def contact_steps(tissue: Tissue) -> Iterator[Step]:
    """Partner, closing and dilation, sites; and all of it in blocks with halos."""
    plan, count = tissue.plan, len(tissue.ids) - 1
    padded = np.pad(tissue.numbers, pad(plan.radius), constant_values=OUTSIDE)
    yield Step(
        "contact partner",
        partial(pair_boundaries, padded, plan.radius, count),
        partial(plain.pair_boundaries, tissue.labels, plan.radius),
        np.array_equal,
    )
    pairs = pair_boundaries(padded, plan.radius, count)
    numbers, ids = number_sorted(pairs, (0, 0, 0), pairs.shape)
    padded_pairs = np.pad(numbers, pad(plan.growth))
    steps = [np.array(s) for s in (plan.closing, plan.dilation)]
    yield Step(
        "closing and dilation",
        partial(close_sites, padded_pairs, len(ids) - 1, *steps),
        partial(plain.close_sites, numbers.astype(np.int32), *steps),
        np.array_equal,
    )
    closed = close_sites(padded_pairs, len(ids) - 1, *steps)
    yield Step(
        "contact sites",
        lambda: label_components(closed)[0],
        partial(plain.label_sites, closed),
        np.array_equal,
    )
    volume = tissue.volume("supervoxels")

    def find(block: Box) -> int:
        halo = block.grow(plan.halo)
        return len(find_sites(volume.read(halo), block, tissue.box, plan).fragments)

    yield Step(
        "contacts in all, with halos and areas",
        lambda: sum(count for _, count in tissue.walk(find)),
    )


def pad(widths: tuple) -> list[tuple[int, int]]:
    """Widths to pad on both sides of each axis."""
    return [(int(w), int(w)) for w in widths]


def organelle_steps(tissue: Tissue) -> Iterator[Step]:
    """Instances of each organelle, in blocks, linked and numbered."""
    for role in ("mi", "vc", "sj"):
        settings = tissue.config["organelles"][role]
        yield Step(
            f"instances of {role}",
            partial(find_instances, tissue, role),
            partial(
                plain.label_organelles, tissue.arrays[role], settings, VOXEL_SIZE_NM
            ),
            share_alike,
        )


def find_instances(tissue: Tissue, role: str) -> np.ndarray:
    """Objects (uint64) of a map, with tables through files as in the workflow."""
    settings = tissue.config["organelles"][role]
    recipe = Recipe.of(settings, VOXEL_SIZE_NM)
    labels = np.zeros(tissue.box.shape, np.uint32)
    objects = np.zeros(tissue.box.shape, np.uint64)

    def write_labels(block: Box, part: np.ndarray) -> None:
        labels[block.slices] = part

    def write_objects(block: Box, part: np.ndarray) -> None:
        objects[block.slices] = part

    tables = label_organelles(
        tissue.volume(role), recipe, tissue.box, tissue.walk, write_labels
    )
    with TemporaryDirectory() as folder:
        file = BasinFile(f"{folder}/tables.h5")
        save_basins(tables, file.path)
        grid = Grid(tissue.box, tissue.box.shape)
        links, _ = link_organelles([file], grid, recipe, settings["min_size_vx"])
    extract_organelles(
        lambda block: labels[block.slices],
        links,
        tissue.volume("supervoxels"),
        tissue.walk,
        write_objects,
    )
    return objects


def share_alike(one: np.ndarray, other: np.ndarray) -> float:
    """Share of the voxels in either that lie in objects matched both ways."""
    either = (one > 0) | (other > 0)
    pairs, counts = np.unique(
        np.stack([one[either], other[either]]).astype(np.int64),
        axis=1,
        return_counts=True,
    )
    table = pd.DataFrame({"one": pairs[0], "other": pairs[1], "count": counts})
    inside = table[(table["one"] > 0) & (table["other"] > 0)]
    best_of_one = inside.groupby("one")["count"].transform("max")
    best_of_other = inside.groupby("other")["count"].transform("max")
    best = (inside["count"] == best_of_one) & (inside["count"] == best_of_other)
    return inside.loc[best, "count"].sum() / counts.sum()


def property_steps(tissue: Tissue) -> Iterator[Step]:
    """Properties of supervoxels, and their overlaps with three organelles.

    On arrays in one block, since reading them is no part of the step; the workflow
    counts overlaps on uint32 labels.
    """
    volume = tissue.volume("supervoxels")
    objects = {role: find_instances(tissue, role) for role in ("mi", "vc", "sj")}
    labels = [voxels.astype(np.uint32) for voxels in objects.values()]
    plain_objects = {role: o.astype(np.int32) for role, o in objects.items()}
    walk = partial(map_blocks, box=tissue.box, block_shape=tissue.box.shape, threads=1)

    def overlap(bins: tuple) -> list[pd.DataFrame]:
        around = volume.read(tissue.box)
        return [extract_overlaps(o, around, tissue.box.start, bins) for o in labels]

    def measure() -> pd.DataFrame:
        table = extract_supervoxels(volume, walk)
        overlap(tissue.box.shape)
        return table.set_index("supervoxel")["voxel_count"]

    def measure_plainly() -> pd.Series:
        for voxels in plain_objects.values():
            plain.count_overlaps(voxels, tissue.labels)
        table = plain.measure_properties(tissue.labels)
        ids = tissue.ids[table["number"].to_numpy()]
        return pd.Series(table["voxel_count"].to_numpy(), ids)

    yield Step(
        "properties with three overlaps",
        measure,
        measure_plainly,
        lambda one, other: one.to_dict() == other.to_dict(),
    )
    yield Step(
        "three overlaps with points in space",
        partial(overlap, point_bins(VOXEL_SIZE_NM)),
    )


def time_step(step: Step, voxels: int, repeats: int = 3) -> Timing:
    """Best of some runs after a first one that compiles; of the plain step one run."""
    result = step.run()
    seconds = min(clock(step.run)[0] for _ in range(repeats))
    speed = voxels / 1e6 / seconds
    if step.plain is None:
        return Timing(step.name, speed, float("nan"), "")
    plain_seconds, expected = clock(step.plain)
    agreement = step.agree(result, expected)
    words = {True: "identical", False: "DIFFERENT"}
    told = words.get(agreement) or f"{agreement:.2%} alike"
    return Timing(step.name, speed, voxels / 1e6 / plain_seconds, told)


def clock(run: Callable) -> tuple[float, object]:
    """Wall seconds of a call, and what it gives."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result
