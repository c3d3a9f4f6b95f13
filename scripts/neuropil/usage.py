"""What a job used, as it says itself in the last line of its log.

Snakemake's benchmark files hold samples: two a second for a quarter of a minute, then
one every 30 s. Peaks in between are missed, most of all what a job needs to put its
blocks together at its end. The system keeps the true mark.
"""

from __future__ import annotations

import re
from pathlib import Path

STATUS = Path("/proc/self/status")
USED = re.compile(r"used (\d+) threads?, (\d+) MB$", re.M)


def peak_mb() -> int:
    """Largest memory of this process so far, in MB; 0 if the system does not tell."""
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", STATUS.read_text(), re.M)
    except OSError:
        return 0
    return round(int(found.group(1)) / 1024) if found else 0


def describe_usage(threads: int) -> str:
    """Write what this process has used, for `read_usage`."""
    return f"used {threads} thread{'s' * (threads != 1)}, {peak_mb()} MB"


def read_usage(log: str | Path) -> tuple[int, int]:
    """Read threads and peak memory (MB) out of a job's log.

    Returns
    -------
    threads, MB; 1 and 0 where there is no log, or no such line in it
    """
    try:
        found = USED.findall(Path(log).read_text(errors="replace"))
    except OSError:
        found = []
    return tuple(map(int, found[-1])) if found else (1, 0)
