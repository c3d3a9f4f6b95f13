"""Runs of the workflow in folders of their own, and what they leave there."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import psutil
import yaml

from neuropil.grid import CHUNK_PATTERN
from neuropil.storage import LabelStack, read_table
from repository import ROOT

TINY = yaml.safe_load((ROOT / "config/tiny.yaml").read_text())
SHAPE = tuple(TINY["phantom"]["shape_vx"][axis] for axis in "zyx")
CHUNK = tuple(TINY["chunk_shape_vx"][axis] for axis in "zyx")
ODD = tuple(-(-n * 5 // 8) for n in SHAPE)  # sizes that don't divide it
# What differs with the grid or the run: numbers that labels have in chunks, and costs.
OWN = {"labels.parquet", "links.parquet", "members.parquet", "runs.parquet"}
OWN |= {"costs.parquet", "requests.parquet"}


def chunk_shape(shape: tuple[int, int, int]) -> str:
    """Setting of the config for chunks of a shape."""
    z, y, x = shape
    return f"chunk_shape_vx={{z: {z}, y: {y}, x: {x}}}"


class Workspace:
    """A folder in which the workflow runs; its results and records lie there.

    Parameters
    ----------
    folder : made if it is not there
    config : dataset's config file, in the repository
    snakefile : another than the repository's, to run edited code
    """

    def __init__(
        self, folder: Path, config: str = "config/tiny.yaml", root: Path = ROOT
    ):
        self.folder, self.config, self.root = folder, config, root
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "config").exists():
            (folder / "config").symlink_to(ROOT / "config")

    def clone(self, folder: Path, root: Path = ROOT) -> "Workspace":
        """Copy with all results and Snakemake's records of them."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Workspace(folder, self.config, root)

    def command(self, *arguments: str, cores: int = 2, settings=()) -> list[str]:
        return [
            *(sys.executable, "-m", "snakemake"),
            *("--snakefile", str(self.root / "Snakefile")),
            *("--directory", str(self.folder), "--workflow-profile", "none"),
            *("--cores", str(cores), "--scheduler", "greedy", "--rerun-incomplete"),
            *("--configfile", self.config, *arguments),
            *(("--config", *settings) if settings else ()),
        ]

    def call(self, *arguments: str, cores: int = 2, settings=()):
        return subprocess.run(
            self.command(*arguments, cores=cores, settings=settings),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments: str, cores: int = 2, settings=()) -> None:
        """Run to the end; a failure shows Snakemake's words and the failed logs."""
        done = self.call(
            "--show-failed-logs", *arguments, cores=cores, settings=settings
        )
        assert done.returncode == 0, done.stderr[-8000:]

    def planned(self, *arguments: str, settings=()) -> dict[str, set[str]]:
        """Rules that a run would run now, with the reasons; without `all`."""
        done = self.call("--dry-run", *arguments, settings=settings)
        assert done.returncode == 0, done.stderr[-8000:]
        jobs = re.findall(
            r"^(?:local)?(?:rule|checkpoint) (\w+):\n((?:    .*\n)*)",
            done.stdout + done.stderr,
            re.M,
        )
        reasons = defaultdict(set)
        for rule, text in jobs:
            reasons[rule].update(re.findall(r"reason: (.*)", text))
        reasons.pop("all", None)
        return dict(reasons)

    @contextmanager
    def started(self, *arguments: str, **options) -> Iterator[subprocess.Popen]:
        """Start a run; what is left of it at the end is killed at once."""
        with open(self.folder / "started.txt", "w") as words:
            process = subprocess.Popen(
                self.command(*arguments, **options),
                cwd=self.folder,
                stdout=words,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                kill_with_children(process)

    @property
    def results(self) -> Path:
        (folder,) = (self.folder / "results").iterdir()
        return folder


def kill_with_children(process: subprocess.Popen) -> None:
    """SIGKILL a process and all that it started, in one go."""
    try:
        family = psutil.Process(process.pid)
        family = [family, *family.children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        try:
            os.kill(member.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


def tables(results: Path) -> dict[str, pd.DataFrame]:
    """Tables of a run, by path, but for those of single chunks and of one run."""
    paths = sorted(results.rglob("*.parquet"))
    return {
        str(path.relative_to(results)): read_table(path)
        for path in paths
        if not re.match(CHUNK_PATTERN, path.name) and path.name not in OWN
    }


def volumes(results: Path, grid: list[str]) -> dict[str, np.ndarray]:
    """Volumes of a run whose ids are those of the whole dataset, by path and name."""
    found = {}
    for folder in sorted(results.rglob("chunks")):
        paths = [folder / f"{chunk}.h5" for chunk in grid]
        if "contacts" in folder.parts or not paths[0].exists():
            continue
        with h5py.File(paths[0]) as file:
            names = list(file)
        for name in names:
            stack = LabelStack(paths, name)
            found[f"{folder.relative_to(results)}:{name}"] = stack.read(stack.box)
    return found


def assert_same_results(one: Path, other: Path) -> None:
    """Every table has the same rows, bit by bit, and the evaluation is the same."""
    first, second = tables(one), tables(other)
    assert first.keys() == second.keys()
    for name, table in first.items():
        pd.testing.assert_frame_equal(table, second[name], check_exact=True, obj=name)
    scores = [
        json.loads((r / "evaluation/evaluation.json").read_text()) for r in (one, other)
    ]
    assert scores[0] == scores[1]
