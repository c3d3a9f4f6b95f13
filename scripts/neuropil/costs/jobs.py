"""What every job of a run asked for and used, from the files that jobs left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from neuropil.costs.benchmarks import read_benchmarks
from neuropil.grid import CHUNK_PATTERN, Grid
from neuropil.resources import (
    SNAKEMAKE_MB,
    Extent,
    asked_mb,
    asked_minutes,
    expected_mb,
    expected_seconds,
)
from neuropil.usage import read_usage


def read_jobs(
    folder: str | Path, needs: Mapping[str, Mapping], extent: Extent
) -> pd.DataFrame:
    """Collect what jobs asked for, and what they used.

    What a job asked for is in its log; where it is not, its rule's request is taken.

    Parameters
    ----------
    folder : benchmarks of a dataset; its ``logs`` lie beside it
    needs : coefficients of each rule (`resources.read_needs`); jobs of other rules, of
        an older version, are left out, as are those of chunks of an older grid
    extent : how the dataset is cut

    Returns
    -------
    One row per job: rule, step, job, seconds, threads, asked_mb, asked_minutes, gpus,
    used_mb (of the script, and of Snakemake beside it)
    """
    logs, rows = Path(folder).parent / "logs", []
    for job in read_benchmarks(folder).itertuples():
        if job.rule in needs and is_present(job.job, extent):
            need = needs[job.rule]
            usage = read_usage(logs / f"{job.job}.log")
            used = max(usage.peak_mb, job.peak_mb) + SNAKEMAKE_MB
            asked = (usage.asked_mb, usage.asked_minutes, usage.gpus)
            if not usage.asked_mb:
                asked = (*ask(need, extent, job.job, usage.threads), need["gpu"])
            about = (job.rule, need["step"], job.job, job.seconds, usage.threads)
            rows.append((*about, *asked, used))
    columns = ["rule", "step", "job", "seconds", "threads"]
    columns += ["asked_mb", "asked_minutes", "gpus", "used_mb"]
    return pd.DataFrame(rows, columns=columns)


def is_present(job: str, extent: Extent) -> bool:
    """Whether a job's chunk is one of the grid: files of an older grid may be left."""
    found = re.search(CHUNK_PATTERN, job)
    grid = Grid(extent.box, extent.chunk_shape)
    return not found or grid.core(found.group()).size > 0


def ask(need: Mapping, extent: Extent, job: str, threads: int) -> tuple[int, int]:
    """MB and minutes that a job's rule asks for; a chunk is in the job's name."""
    found = re.search(CHUNK_PATTERN, job)
    chunk = found.group() if found else None
    mb = expected_mb(need, extent, chunk, threads)
    return asked_mb(mb), asked_minutes(expected_seconds(need, extent, chunk))
