"""The whole workflow with jobs that sleep: what Snakemake itself costs.

The real Snakefile, rules and library are used, so that the graph of jobs is the real
one; each rule's script is a stub that waits and makes the files that the rule promises.
The volumes hold next to nothing. Prints a table for 3 x 3 x so many chunks:

    python -m bench.rehearse 3 9
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
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
class Rehearsal:
    """A finished run of sleeping jobs; times in s, of Snakemake itself and its jobs."""

    chunks: int
    jobs: int
    seconds: float
    cpu_seconds: float
    sleep: float
    files: int
    records: int

    @property
    def overhead(self) -> float:
        """Wall time of a job that is not its own work, on one core."""
        return self.seconds / self.jobs - self.sleep


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
    folder: Path, grid: tuple[int, int, int], sleep: float, *targets: str
) -> tuple[Workspace, Rehearsal]:
    """Run all jobs of a nearly empty dataset on one core; each of them sleeps.

    Parameters
    ----------
    folder : empty; keeps what is made
    grid : chunks along z, y, x
    sleep : seconds of each job
    targets : as for snakemake; a plain run without
    """
    config = write_empty(folder / "run", grid)
    workspace = Workspace(folder / "run", str(config), copy_workflow(folder / "flow"))
    os.environ["REHEARSAL_SLEEP_S"] = str(sleep)
    before, start = used(), time.perf_counter()
    workspace.run(*targets, cores=1)
    seconds, cpu = time.perf_counter() - start, used() - before
    files = [path for path in workspace.results.rglob("*") if path.is_file()]
    records = list((folder / "run/.snakemake/metadata").iterdir())
    jobs = sum(path.suffix == ".tsv" for path in files)
    chunks = grid[0] * grid[1] * grid[2]
    counts = (len(files), len(records))
    return workspace, Rehearsal(chunks, jobs, seconds, cpu, sleep, *counts)


def used() -> float:
    """CPU seconds of all children that have ended, theirs included."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def time_dry_run(folder: Path, grid: tuple[int, int, int], *targets: str) -> str:
    """Dry run of a grid of chunks: a row of the table that `main` prints."""
    config = write_empty(folder, grid)
    workspace = Workspace(folder, str(config))
    command = workspace.command("--dry-run", "--quiet", "all", "rules", "--", *targets)
    with open(folder / "words.txt", "w+") as words:
        process = subprocess.Popen(command, cwd=folder, stdout=words, stderr=words)
        _, status, usage = os.wait4(process.pid, 0)
        words.seek(0)
        text = words.read()
    assert status == 0, text[-4000:]
    jobs = int(re.search(r"^total +(\d+)", text, re.M).group(1))
    chunks = grid[0] * grid[1] * grid[2]
    seconds, peak_mb = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000
    name = " ".join(targets) or "plain"
    return f"| {name} | {chunks:,} | {jobs:,} | {seconds:.1f} | {peak_mb:.0f} |"


def main(*lengths: str) -> None:
    """Print what dry runs take, then runs of sleeping jobs of 3 x 3 x n chunks."""
    say("| dry run | chunks | jobs | CPU s | peak MB |")
    say("|---|---|---|---|---|")
    for grid, targets in (((12, 12, 16), ()), ((5, 5, 5), ("morphology", "exports"))):
        with TemporaryDirectory(prefix="neuropil-bench-") as folder:
            say(time_dry_run(Path(folder), grid, *targets))
    say("\n| chunks | jobs | wall s | CPU s | s per job beside its sleep | files |")
    say("|---|---|---|---|---|---|")
    for length in map(int, lengths or ("1",)):
        with TemporaryDirectory(prefix="neuropil-bench-") as folder:
            _, run = rehearse(Path(folder), (3, 3, length), 0.1)
        say(
            f"| {run.chunks} | {run.jobs} | {run.seconds:.0f} "
            f"| {run.cpu_seconds:.0f} | {run.overhead:.2f} "
            f"| {run.files} + {run.records} records |"
        )


def say(text: str) -> None:
    """Print at once, so that a reader sees where it is."""
    print(text, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
