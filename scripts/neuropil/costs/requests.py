"""What the jobs of each rule asked for, beside what they used."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from neuropil.resources import LEAST_MB, ROOM, round_up

FEW = 0.5  # using less than this share of what was asked for is worth a word
MUCH = 1.0
LATE = 0.7  # of the time: what comes this near would not survive a busier machine
HEAD = "Memory in MB, with Snakemake's own, of the job nearest to its limit"


def compare_requests(jobs: pd.DataFrame) -> pd.DataFrame:
    """Compare, per rule, what jobs asked for and used.

    Parameters
    ----------
    jobs : table of `jobs.read_jobs`

    Returns
    -------
    Rows of schema ``requests``, those that came nearest to their memory first
    """
    jobs = jobs.assign(
        share=jobs["used_mb"] / jobs["asked_mb"], minutes=jobs["seconds"] / 60
    )
    rows = []
    for (rule, step), group in jobs.groupby(["rule", "step"]):
        nearest = group.loc[group["share"].idxmax()]
        slowest = group.loc[(group["minutes"] / group["asked_minutes"]).idxmax()]
        memory = (nearest["asked_mb"], nearest["used_mb"], group["used_mb"].median())
        time = (slowest["asked_minutes"], slowest["minutes"])
        rows.append((rule, step, len(group), *memory, nearest["share"], *time))
    columns = ["rule", "step", "job_count", "asked_mb", "used_mb", "median_used_mb"]
    columns += ["used_share", "asked_minutes", "used_minutes"]
    table = pd.DataFrame(rows, columns=columns)
    order = ["used_share", "rule"]
    return table.sort_values(order, ascending=[False, True], ignore_index=True)


def describe_requests(requests: pd.DataFrame) -> str:
    """Write a table of `compare_requests` as text, and what to type where it is off."""
    lines = [HEAD, "", row_of(*REQUEST_HEAD)]
    for row in requests.itertuples():
        memory = (f"{row.asked_mb:,.0f}", f"{row.used_mb:,.0f}")
        more = (f"{row.median_used_mb:,.0f}", f"{row.used_share:.0%}")
        time = (f"{row.asked_minutes:,.0f}", f"{row.used_minutes:,.1f}")
        lines.append(row_of(row.rule, f"{row.job_count:,}", *memory, *more, *time))
    advice = list(advise(requests))
    if advice:
        lines += ["", "Far from what was asked for; to say so at the next run:"]
        lines += ["  --set-resources \\", *(f"    {a} \\" for a in advice)]
        lines[-1] = lines[-1].removesuffix(" \\")
    return "\n".join(lines) + "\n"


REQUEST_HEAD = ("rule", "jobs", "asked", "used", "median", "share", "min asked", "used")


def row_of(rule: str, *numbers: str) -> str:
    """Write a line of the table."""
    widths = (6, 8, 8, 8, 6, 10, 7)
    cells = (f"{text:>{width}}" for text, width in zip(numbers, widths))
    return f"{rule:<24}" + " ".join(cells)


def advise(requests: pd.DataFrame) -> Iterator[str]:
    """Name other requests for rules that are far from theirs, growing by attempt."""
    for row in requests.itertuples():
        least = row.asked_mb <= LEAST_MB
        if row.used_share > MUCH or (row.used_share < FEW and not least):
            mb = max(LEAST_MB, round_up(row.used_mb * ROOM))
            yield f"'{row.rule}:mem_mb={mb}*attempt'"
        if row.used_minutes > LATE * row.asked_minutes:
            minutes = math.ceil(row.used_minutes / LATE / 10) * 10
            yield f"'{row.rule}:runtime={minutes}*attempt'"
