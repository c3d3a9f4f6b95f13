"""Skeletons as a user runs them, beside kimimaro on the same voxels in memory.

Ours: the wall time of the jobs that trace and put together, with their files, the
borders of tiles, and their start. kimimaro's: of its call alone. Both on one core.
"""

import time
from pathlib import Path

import kimimaro
import numpy as np
import yaml

from bench.tissue import VOXEL_SIZE_NM
from bench.whole import write_dataset
from neuropil.costs.benchmarks import read_benchmarks
from neuropil.figures.runs import sum_rules
from neuropil.skeletons.tiles import lattice_step
from repository import ROOT
from workspace import Workspace

BUCKET = "results/bench/skeletons/buckets/{:02d}.parquet"
RULES = ("extract_skeletons", "merge_skeletons")
SAME = {"const": "const_nm", "soma_invalidation_const": "soma_invalidation_const_nm"}
SAME |= {f"soma_{n}_threshold": f"soma_{n}_nm" for n in ("detection", "acceptance")}
SAME |= {n: n for n in ("scale", "pdrf_scale", "pdrf_exponent")}
SAME |= {"soma_invalidation_scale": "soma_invalidation_scale"}


def time_skeletons(
    cells: np.ndarray, chunk: tuple, folder: Path, cores: int = 1
) -> float:
    """Wall time in s of the jobs that make skeletons of cells (Z, Y, X) uint64."""
    config = write_dataset(folder, {"supervoxels": cells}, chunk, 1)
    settings = yaml.safe_load(config.read_text()) | {"cells": {"buckets": 1}}
    config.write_text(yaml.safe_dump(settings))
    workspace = Workspace(folder, str(config))
    workspace.run(BUCKET.format(0), cores=cores)
    rules = sum_rules(read_benchmarks(workspace.results / "benchmarks"))
    return float(rules.set_index("rule").loc[list(RULES), "seconds"].sum())


def time_kimimaro(cells: np.ndarray) -> float:
    """Wall time in s of kimimaro on one core, with our lattice and settings."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())["skeletons"]
    step = lattice_step(VOXEL_SIZE_NM, config["voxel_nm"])
    sizes = np.multiply(step, VOXEL_SIZE_NM)
    voxels = np.ascontiguousarray(cells[:: step[0], :: step[1], :: step[2]])
    start = time.perf_counter()
    kimimaro.skeletonize(
        voxels,
        teasar_params={name: config["teasar"][ours] for name, ours in SAME.items()},
        anisotropy=tuple(sizes.tolist()),
        dust_threshold=int(config["dust_nm3"] / sizes.prod()),
        progress=False,
        parallel=1,
    )
    return time.perf_counter() - start
