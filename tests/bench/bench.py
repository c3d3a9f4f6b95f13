"""Print how fast each voxel step is, beside plain scipy: `make bench`.

Usage: python -m bench.bench [folder of the real datasets]
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import yaml

from bench.skeletons import time_kimimaro, time_skeletons
from bench.steps import Timing, Tissue, list_steps, time_step
from bench.tissue import add_maps, scale_segmentation
from bench.whole import Whole, count_cores, run_whole
from neuropil.cells import map_to_cells
from neuropil.kernels.dense import number_sorted
from neuropil.storage import read_table
from repository import ROOT
from workspace import Workspace

CUT = (64, 128, 128)  # small enough for the plain steps
FULL = (128, 256, 256)  # large enough that start-up does not count
NEUROPIL = (256, 512, 512)  # far corner of a volume; the middle of pinky40 is one glia
WHOLE = (512, 768, 768)  # one chunk of the runs
GRID = "chunk_shape_vx={z: 128, y: 384, x: 384}"  # that the phantom is made in
ROLES = ("supervoxels", "mi", "vc", "sj")


def main(data_root: str | None) -> None:
    """Print the tables of the phantom, and of real tissue if it is there."""
    for name, arrays in tissues(data_root):
        say(f"\n## {name}")
        corner = tuple(slice(-n, None) for n in NEUROPIL)
        print_steps({role: voxels[corner] for role, voxels in arrays.items()})
        with TemporaryDirectory(prefix="neuropil-bench-") as folder:
            print_skeletons(arrays.pop("cells"), Path(folder) / "skeletons")
            print_whole(arrays, Path(folder))


def tissues(data_root: str | None) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Volumes of 25 x 10 x 10 nm to time the steps on."""
    say("The phantom is being made ...")
    yield "phantom", grow_phantom(WHOLE)
    path = Path(data_root or "") / "pinky40_seg/pinky40_seg.h5"
    if data_root and path.exists():
        say("\npinky40 is being scaled to 25 x 10 x 10 nm, and gets maps ...")
        cells = scale_segmentation(path, WHOLE)
        yield "pinky40, synthetic maps", add_maps(cells) | {"cells": cells}
    else:
        say(
            "\npinky40 is left out: no pinky40_seg/pinky40_seg.h5 in the folder that "
            "DATA_ROOT names. Say where it is: make bench DATA_ROOT=/path"
        )


def grow_phantom(shape: tuple[int, int, int]) -> dict[str, np.ndarray]:
    """Make a phantom of a shape through the workflow; take its maps and supervoxels."""
    z, y, x = shape
    settings = [f"phantom={{shape_vx: {{z: {z}, y: {y}, x: {x}}}}}", GRID]
    with TemporaryDirectory(prefix="neuropil-bench-") as folder:
        workspace = Workspace(Path(folder))
        target = "results/tiny/phantom/volumes.h5"
        truth = "results/tiny/phantom/truth/membership.parquet"
        workspace.run(target, truth, cores=count_cores(), settings=settings)
        with h5py.File(Path(folder) / target) as file:
            arrays = {role: file[role][:] for role in ROLES}
        numbers, ids = number_sorted(arrays["supervoxels"], (0, 0, 0), shape)
        arrays["cells"] = map_to_cells(ids, read_table(Path(folder) / truth))[numbers]
        return arrays


def print_steps(arrays: dict[str, np.ndarray]) -> None:
    """Print a row per step: speed of one core, and the ratio to the plain step."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    cut, full = (
        Tissue({role: middle(a, shape) for role, a in arrays.items()}, config)
        for shape in (CUT, FULL)
    )
    say("\n| step | Mvoxel/s per core | plain | ratio | output |")
    say("|---|---|---|---|---|")
    for small, large in zip(list_steps(cut), list_steps(full)):
        compared = time_step(small, cut.box.size)
        alone = time_step(large._replace(plain=None), full.box.size)
        say(step_row(alone, compared))
    say(f"\nSpeed on {words(FULL)} voxels; ratio and output on {words(CUT)} of them.")


def middle(array: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Cut a shape out of the middle of an array."""
    start = [(n - m) // 2 for n, m in zip(array.shape, shape)]
    return np.ascontiguousarray(
        array[tuple(slice(a, a + m) for a, m in zip(start, shape))]
    )


def step_row(alone: Timing, compared: Timing) -> str:
    """Write a row of the table of steps."""
    if not compared.agreement:
        return f"| {alone.name} | {alone.speed:.1f} | | | |"
    ratio = compared.speed / compared.plain_speed
    return (
        f"| {alone.name} | {alone.speed:.1f} | {compared.plain_speed:.2f} "
        f"| {ratio:.0f} | {compared.agreement} |"
    )


def print_whole(arrays: dict[str, np.ndarray], folder: Path) -> None:
    """Print what a run from volumes to edges takes, and memory for two sizes."""
    warm = {role: middle(a, CUT) for role, a in arrays.items()}
    run_whole(folder / "warm", warm, CUT, count_cores())  # compiles the kernels
    one = run_whole(folder / "one", arrays, WHOLE, 1)
    two = run_whole(folder / "two", arrays, WHOLE, 1, copies=2)
    say(f"\nFrom volumes to edges, files and merging included: {speed(one)}")
    say(f"With its mirror image beside it, two chunks: {speed(two)}")
    if count_cores() > 1:
        cores = run_whole(folder / "cores", arrays, WHOLE, count_cores(), copies=2)
        say(f"The same: {speed(cores)}")
    say("\n| rule | jobs | wall s | CPU s | peak MB | peak MB, one chunk |")
    say("|---|---|---|---|---|---|")
    before = one.rules.set_index("rule")["peak_mb"]
    for row in two.rules.itertuples():
        say(
            f"| {row.rule} | {row.job_count} | {row.seconds:.1f} "
            f"| {row.cpu_seconds:.1f} | {row.peak_mb:.0f} | {before[row.rule]:.0f} |"
        )


def print_skeletons(cells: np.ndarray, folder: Path) -> None:
    """Print how long skeletons take, and kimimaro's on the same voxels."""
    time_skeletons(middle(cells, CUT), CUT, folder / "warm")  # compiles the kernels
    ours = time_skeletons(cells, WHOLE, folder / "whole")
    theirs = time_kimimaro(cells)
    say(
        f"\nSkeletons of {cells.size / 1e6:.0f} Mvoxel, tiles, merging and files "
        f"included: {ours:.1f} s on 1 core; kimimaro alone: {theirs:.1f} s; "
        f"ratio {ours / theirs:.2f}."
    )


def speed(whole: Whole) -> str:
    """Say how long a run took and what that is per core."""
    cores = "1 core" if whole.cores == 1 else f"{whole.cores} cores"
    return (
        f"{whole.voxels / 1e6:.0f} Mvoxel in {whole.seconds:.1f} s on {cores}: "
        f"{whole.gigavoxels_per_core_hour:.1f} Gvoxel/h per core (wall x cores)."
    )


def words(shape: tuple[int, int, int]) -> str:
    """Write a shape as text."""
    return " x ".join(map(str, shape))


def say(text: str) -> None:
    """Print at once, so that a reader sees where it is."""
    print(text, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:] or [None])
