"""What a job used and had asked for, as it says itself in the last line of its log.

Snakemake's benchmark files hold samples: two a second for a quarter of a minute, then
one every 30 s. Peaks in between are missed, most of all what a job needs to put its
blocks together at its end. The system keeps the true mark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

STATUS = Path("/proc/self/status")
USED = re.compile(
    r"used (\d+) threads? and (\d+) MB; "
    r"asked for (\d+) MB, (\d+) minutes, (\d+) GPUs$",
    re.M,
)


class Usage(NamedTuple):
    """What a job used and asked for at its last attempt; 0 is not told."""

    threads: int = 1
    peak_mb: int = 0
    asked_mb: int = 0
    asked_minutes: int = 0
    gpus: int = 0


def peak_mb() -> int:
    """Largest memory of this process so far, in MB; 0 if the system does not tell."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", STATUS.read_text(), re.M)
    except OSError:
        return 0
    return round(int(found.group(1)) / 1024) if found else 0


def describe_usage(threads: int, resources: Mapping) -> str:
    """Write what this process has used, and its job's resources, for `read_usage`."""
    mb, minutes, gpus = (resources.get(n, 0) for n in ("mem_mb", "runtime", "gpu"))
    return (
        f"used {threads} thread{'s' * (threads != 1)} and {peak_mb()} MB; "
        f"asked for {mb} MB, {minutes} minutes, {gpus} GPUs"
    )


def read_usage(log: str | Path) -> Usage:
    """Read what `describe_usage` wrote into a job's log, if there is such a line."""
    try:
        found = USED.findall(Path(log).read_text(errors="replace"))
    except OSError:
        found = []
    return Usage(*map(int, found[-1])) if found else Usage()
