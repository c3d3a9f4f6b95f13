"""Strong scaling of the voxel steps of pinky40, from one core to all of the machine's.

Usage: python -m bench.scaling folder of the real datasets

Twice: chunks side by side (eight jobs of one thread), and threads in one large chunk.
Beside it the machine's ceiling: as many processes that only compute, and share nothing.
"""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.whole import count_cores
from neuropil.grid import Box, Grid
from workspace import Workspace, chunk_shape

SHAPE = (512, 512, 512)
SIDE_BY_SIDE = (256, 256, 256)
STEPS = {
    "extract_contacts": "contacts/chunks/{chunk}.parquet",
    "extract_supervoxels": "cells/chunks/{chunk}.parquet",
}
COMPUTE = "sum(i * i for i in range({count}))"


def main(data_root: str) -> None:
    """Print the speed-up, and how far it is from the ceiling."""
    cores = count_cores()
    with TemporaryDirectory(prefix="neuropil-bench-") as folder:
        settings = [f"data_root={data_root}"]
        runs = Path(folder)
        time_steps(runs / "warm", SIDE_BY_SIDE, settings, cores)  # compiles the kernels
        ceiling = measure_ceiling(cores)
        for name, chunk in (("chunks", SIDE_BY_SIDE), ("threads", SHAPE)):
            one = time_steps(runs / f"{name}-one", chunk, settings, 1)
            many = time_steps(runs / f"{name}-many", chunk, settings, cores)
            words = f"{name}: {one:.1f} s on 1 core, {many:.1f} s on {cores}"
            print(f"{words}: {one / many:.2f} times as fast", flush=True)
        ceiling = (ceiling + measure_ceiling(cores)) / 2
        print(f"ceiling: {ceiling:.2f}", flush=True)


def time_steps(
    folder: Path, chunk: tuple, settings: list[str], cores: int, config="pinky40"
) -> float:
    """Seconds of the voxel steps, without Snakemake's own start.

    Parameters
    ----------
    folder : to run in, empty
    chunk : shape of a chunk, (z, y, x); if it holds all, its job has a thread per core
    """
    workspace = Workspace(folder, f"config/{config}.yaml")
    grid = Grid(Box.of(SHAPE), chunk)
    files = [
        f"results/{config}/{path.format(chunk=name)}"
        for path in STEPS.values()
        for name in grid.chunks
    ]
    threads = cores if chunk == SHAPE else 1
    words = [*files, "--set-threads", *(f"{rule}={threads}" for rule in STEPS)]
    settings = [*settings, chunk_shape(chunk)]
    seconds = []
    for _ in range(2):  # the second time there is nothing left to do
        start = time.perf_counter()
        workspace.run(*words, cores=cores, settings=settings)
        seconds.append(time.perf_counter() - start)
    return float(-np.diff(seconds)[0])


def measure_ceiling(processes: int, count: int = 40_000_000) -> float:
    """How many times the work of one process some of them do at the same time."""
    return processes * time_processes(1, count) / time_processes(processes, count)


def time_processes(number: int, count: int) -> float:
    """Seconds until all of some processes have counted."""
    command = [sys.executable, "-c", COMPUTE.format(count=count)]
    start = time.perf_counter()
    started = [subprocess.Popen(command) for _ in range(number)]
    for process in started:
        process.wait()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
