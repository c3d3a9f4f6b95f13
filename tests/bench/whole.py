"""The voxel steps as a user runs them: files, jobs, merging and Snakemake included."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pandas as pd
import yaml

from bench.tissue import VOXEL_SIZE_NM
from neuropil.costs.benchmarks import read_benchmarks
from neuropil.figures.runs import sum_rules
from workspace import Workspace

PRODUCTS = [
    "connectome/edges.parquet",
    "contacts/contacts.parquet",
    "organelles/mi.parquet",
    "organelles/vc.parquet",
]


@dataclass(frozen=True)
class Whole:
    """A finished run: its wall time, cores, voxels, and a row per rule."""

    seconds: float
    cores: int
    voxels: int
    rules: pd.DataFrame

    @property
    def gigavoxels_per_core_hour(self) -> float:
        return self.voxels / 1e9 * 3600 / (self.seconds * self.cores)


def run_whole(
    folder: Path, volumes: dict[str, np.ndarray], chunk: tuple, cores: int, copies=1
) -> Whole:
    """Run from volumes to edges in an empty folder.

    Parameters
    ----------
    volumes : uint64 supervoxels and uint8 maps, (Z, Y, X) of 25 x 10 x 10 nm
    chunk : shape of a chunk, (z, y, x)
    copies : 2 for twice the volume: with its mirror image beside it along x
    """
    config = write_dataset(folder, volumes, chunk, copies)
    workspace = Workspace(folder, str(config))
    start = time.perf_counter()
    workspace.run(*(f"results/bench/{path}" for path in PRODUCTS), cores=cores)
    seconds = time.perf_counter() - start
    voxels = volumes["supervoxels"].size * copies
    jobs = read_benchmarks(workspace.results / "benchmarks")
    return Whole(seconds, cores, voxels, sum_rules(jobs))


def write_dataset(
    folder: Path, volumes: dict[str, np.ndarray], chunk: tuple, copies: int
) -> Path:
    """Write volumes as HDF5 and a config that names them; return the config's path."""
    folder.mkdir(parents=True, exist_ok=True)
    for role, voxels in volumes.items():
        with h5py.File(folder / f"{role}.h5", "w") as file:
            z, y, x = voxels.shape
            blocks = tuple(min(n, 64) for n in voxels.shape)
            zstd = hdf5plugin.Zstd(clevel=1)
            kind = {"dtype": voxels.dtype, "chunks": blocks, **zstd}
            data = file.create_dataset("voxels", (z, y, x * copies), **kind)
            data[..., :x] = voxels
            if copies == 2:
                data[..., x:] = mirror(voxels, role)
    config = {
        "dataset": "bench",
        "voxel_size_nm": dict(zip("zyx", VOXEL_SIZE_NM)),
        "volumes": {role: {"path": str(folder / f"{role}.h5")} for role in volumes},
        "agglomeration": None,
        "chunk_shape_vx": dict(zip("zyx", chunk)),
    }
    path = folder / "bench.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def mirror(voxels: np.ndarray, role: str) -> np.ndarray:
    """Mirror a volume along x; supervoxels get ids of their own."""
    image = voxels[..., ::-1]
    if role != "supervoxels":
        return image
    return np.where(image, image + voxels.max(), np.uint64(0))


def count_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0))
