"""The whole workflow with jobs that sleep: what Snakemake itself costs.

The real Snakefile, rules and library are used, so that the graph of jobs is the real
one; each rule's script is a stub that waits and makes the files that the rule promises.
The volumes hold next to nothing. Prints a table for 3 x 3 x so many chunks, or for a
grid of them:

    python -m bench.rehearse 3 9 10x10x10
"""

import math
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import yaml

from bench.tissue import VOXEL_SIZE_NM
from repository import ROOT, SCRIPTS
from workspace import Workspace

SIDE = 64  # of a chunk, in voxels
TYPES = {"supervoxels": "u8", "mi": "u1", "vc": "u1", "sj": "u1"}
STUB = '''"""Wait, then make the files that the rule promises."""

import os
import time
from pathlib import Path

from snakemake.io import is_flagged

time.sleep(float(os.environ["REHEARSAL_SLEEP_S"]))
for path in snakemake.output:
    if is_flagged(path, "directory"):
        Path(path).mkdir(parents=True, exist_ok=True)
    else:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
'''


@dataclass(frozen=True)
class Usage:
    """What Snakemake and its jobs took: s, CPU s; and the largest process, in MB."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Rehearsal:
    """A finished run of sleeping jobs.

    Attributes
    ----------
    usage, again : of the run, and of a second one that finds nothing to do
    looks : how often Snakemake looked which jobs to start
    quarters : seconds from one job's end to the next, in each quarter of the run
    sleep : seconds of each job
    """

    chunks: int
    jobs: int
    usage: Usage
    again: Usage
    looks: int
    quarters: tuple[float, ...]
    sleep: float
    files: int
    records: int

    @property
    def overhead(self) -> float:
        """Wall time of a job that is not its own work, on one core."""
        return self.usage.seconds / self.jobs - self.sleep


def copy_workflow(folder: Path) -> Path:
    """Copy the workflow, with a stub for each script; give its folder."""
    for part in ("rules", "config", "envs"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "scripts").mkdir()
    (folder / "scripts/neuropil").symlink_to(ROOT / "scripts/neuropil")
    for script in SCRIPTS:
        (folder / "scripts" / script.name).write_text(STUB)
    shutil.copy(ROOT / "Snakefile", folder)
    return folder


def write_empty(folder: Path, grid: tuple[int, int, int], **settings) -> Path:
    """Write a dataset of a grid of chunks, nearly empty; give its config's path."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = [SIDE * n for n in grid]
    for role, kind in TYPES.items():
        with h5py.File(folder / f"{role}.h5", "w") as file:
            data = file.create_dataset("voxels", shape, kind, chunks=(SIDE,) * 3)
            data[:SIDE, :SIDE, :SIDE] = 200  # the check of volumes wants something
    config = {
        "dataset": "empty",
        "voxel_size_nm": dict(zip("zyx", VOXEL_SIZE_NM)),
        "volumes": {role: {"path": str(folder / f"{role}.h5")} for role in TYPES},
        "chunk_shape_vx": dict.fromkeys("zyx", SIDE),
        "block_shape_vx": dict.fromkeys("zyx", SIDE),
    }
    path = folder / "empty.yaml"
    path.write_text(yaml.safe_dump(config | settings))
    return path


def rehearse(
    folder: Path,
    grid: tuple[int, int, int],
    sleep: float,
    *targets: str,
    cores: int = 1,
) -> tuple[Workspace, Rehearsal]:
    """Run all jobs of a nearly empty dataset; each of them sleeps.

    Parameters
    ----------
    folder : empty; keeps what is made, and what Snakemake said, in words.txt
    grid : chunks along z, y, x
    sleep : seconds of each job
    targets : as for snakemake; a plain run without
    cores : jobs at a time
    """
    config = write_empty(folder / "run", grid)
    workspace = Workspace(folder / "run", str(config), copy_workflow(folder / "flow"))
    os.environ["REHEARSAL_SLEEP_S"] = str(sleep)
    words = ("--show-failed-logs", "--verbose", *targets)  # the latter says each look
    usage, text = measure(workspace, folder / "words.txt", *words, cores=cores)
    again, _ = measure(workspace, folder / "again.txt", *targets, cores=cores)
    files = [path for path in workspace.results.rglob("*") if path.is_file()]
    ends = sorted(p.stat().st_mtime for p in files if p.suffix == ".tsv")  # benchmarks
    records = list((folder / "run/.snakemake/metadata").iterdir())
    return workspace, Rehearsal(
        chunks=math.prod(grid),
        jobs=len(ends),
        usage=usage,
        again=again,
        looks=len(re.findall(r"^Ready jobs: ", text, re.M)),
        quarters=tuple(float(np.diff(part).mean()) for part in np.array_split(ends, 4)),
        sleep=sleep,
        files=len(files),
        records=len(records),
    )


def measure(
    workspace: Workspace, words: Path, *arguments: str, cores: int = 1
) -> tuple[Usage, str]:
    """Run the workflow to its end; what it took, and what it said."""
    start = time.perf_counter()
    with open(words, "w+") as file:
        process = subprocess.Popen(
            workspace.command(*arguments, cores=cores),
            cwd=workspace.folder,
            stdout=file,
            stderr=file,
        )
        _, status, used = os.wait4(process.pid, 0)
        file.seek(0)
        text = file.read()
    assert status == 0, text[-4000:]
    seconds = time.perf_counter() - start
    return Usage(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000), text


def time_dry_run(folder: Path, grid: tuple[int, int, int], *targets: str) -> str:
    """Dry run of a grid of chunks: a row of the table that `main` prints."""
    workspace = Workspace(folder, str(write_empty(folder, grid)))
    words = ("--dry-run", "--quiet", "all", "rules", "--", *targets)
    usage, text = measure(workspace, folder / "words.txt", *words)
    jobs = int(re.search(r"^total +(\d+)", text, re.M).group(1))
    name = " ".join(targets) or "plain"
    took = f"{usage.cpu_seconds:.1f} | {usage.peak_mb:.0f}"
    return f"| {name} | {math.prod(grid):,} | {jobs:,} | {took} |"


def time_run(folder: Path, grid: tuple[int, int, int], cores: int = 1) -> str:
    """Run of a grid of chunks, with jobs of 0.05 s: a row of the other table."""
    _, run = rehearse(folder, grid, 0.05, cores=cores)
    quarters = ", ".join(f"{seconds:.2f}" for seconds in run.quarters)
    return (
        f"| {run.chunks:,} | {run.jobs:,} | {cores} | {run.usage.seconds:.0f} "
        f"| {run.usage.cpu_seconds:.0f} | {quarters} | {run.usage.peak_mb:.0f} "
        f"| {run.again.seconds:.0f} | {run.files:,} + {run.records:,} records |"
    )


def read_grid(text: str) -> tuple[int, ...]:
    """Read ``10x10x10``; ``n`` alone is ``3x3xn``."""
    return tuple(map(int, text.split("x"))) if "x" in text else (3, 3, int(text))


def main(*grids: str) -> None:
    """Print what dry runs take, then runs of sleeping jobs of 3 x 3 x n chunks."""
    say("| dry run | chunks | jobs | CPU s | peak MB |")
    say("|---|---|---|---|---|")
    for grid, targets in (((12, 12, 16), ()), ((5, 5, 5), ("morphology", "exports"))):
        with TemporaryDirectory(prefix="neuropil-bench-") as folder:
            say(time_dry_run(Path(folder), grid, *targets))
    say(
        "\n| chunks | jobs | cores | wall s | CPU s | s from job to job, by quarters "
        "| peak MB | wall s of a run with nothing to do | files |"
    )
    say("|---|---|---|---|---|---|---|---|---|")
    for grid in map(read_grid, grids or ("1",)):
        with TemporaryDirectory(prefix="neuropil-bench-") as folder:
            say(time_run(Path(folder), grid))


def say(text: str) -> None:
    """Print at once, so that a reader sees where it is."""
    print(text, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
