"""Snakemake's benchmark files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def read_benchmarks(folder: str | Path) -> pd.DataFrame:
    """Read the benchmark files that jobs left in a folder.

    Parameters
    ----------
    folder : holds ``<rule>.tsv``, or ``<rule>/<job>.tsv`` for rules with many jobs

    Returns
    -------
    One row per job: rule, job (its path in the folder, without suffix), seconds,
    peak_mb (0 where the job was too short to measure), cpu_seconds
    """
    rows = []
    for path in sorted(Path(folder).rglob("*.tsv")):
        job = pd.read_csv(path, sep="\t", na_values="-").fillna(0).iloc[0]
        name = path.relative_to(folder).with_suffix("")
        used = (job["s"], job["max_rss"], job["cpu_time"])
        rows.append((name.parts[0], str(name), *used))
    columns = ["rule", "job", "seconds", "peak_mb", "cpu_seconds"]
    return pd.DataFrame(rows, columns=columns)
