"""What a teravoxel and a petavoxel take: calculated from measured parts, for SCALE.md.

    PYTHONPATH=scripts:tests python -m bench.scale

writes the tables of profiles/SCALE.md anew. What was measured are the constants here
(files of a run of config/phantom.yaml, 0.105 Gvoxel of 25 x 10 x 10 nm in 8 chunks;
speed in README "How fast"; Snakemake in its page), and memory in rules/resources.yaml.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from neuropil.resources import ROOM, chunk_threads, read_needs
from repository import ROOT

PAGE = ROOT / "profiles/SCALE.md"
MARKED = re.compile(r"(<!-- (\w+): .*? -->\n).*?(<!-- end of \2 -->)", re.S)


NEEDS = read_needs(ROOT / "rules/resources.yaml")
BESIDE = ("phantom", "segmentation", "evaluation", "figures", "exports", "morphology")


def merging_rules() -> dict[str, float]:
    """GB that jobs of a plain run ask for per Gvoxel, if they do the whole dataset."""
    return {
        rule: need["mb_per_mvx"] * ROOM
        for rule, need in NEEDS.items()
        if need["per"] == "dataset" and need["step"] not in BESIDE
    }


@dataclass(frozen=True)
class Costs:
    """What was measured; all arguments of `plan`, so that others can be put in.

    Attributes
    ----------
    gvoxel_per_core_hour : all steps of a plain run, files and merging included
    jobs_per_chunk, files_per_chunk : with logs, benchmarks and Snakemake's records
    gb_per_gvoxel : files of chunks and merged tables
    start_s : a job's start, on each core that it asked for
    dag_s, dag_gb : Snakemake's time and memory, of a dry run, per job
    base_gb : its memory without jobs
    merging : GB per Gvoxel of jobs that do the whole dataset
    """

    gvoxel_per_core_hour: float = 6.8
    jobs_per_chunk: int = 9
    files_per_chunk: int = 66
    gb_per_gvoxel: float = 0.45
    start_s: float = 6.1
    dag_s: float = 0.0016
    dag_gb: float = 26e-6
    base_gb: float = 0.25
    merging: dict[str, float] = field(default_factory=merging_rules)


@dataclass(frozen=True)
class Machine:
    """A node as the paper priced it (n1-highmem-32); how much slower its core is."""

    cores: int = 32
    memory_gb: float = 208
    dollars_per_hour: float = 1.325
    slower: float = 4.5


@dataclass(frozen=True)
class Plan:
    """What a dataset takes; `limits` are the Gvoxel at which parts of a run end."""

    gvoxel: float
    chunks: int
    jobs: int
    files: int
    gigabytes: float
    core_hours: float
    dollars: float
    start_share: float
    dag_seconds: float
    dag_gb: float
    merge_gb: dict[str, float]
    limits: dict[str, float]

    @property
    def first_limit(self) -> str:
        return min(self.limits, key=self.limits.get)

    @property
    def regions(self) -> int:
        """Runs that the dataset is cut into, so that none meets a limit."""
        return math.ceil(self.gvoxel / min(self.limits.values()))


def plan(
    gvoxel: float,
    chunk_gvoxel: float,
    costs: Costs,
    machine: Machine,
    most_jobs: int = 20_000,
) -> Plan:
    """Calculate what a dataset takes.

    Parameters
    ----------
    gvoxel, chunk_gvoxel : of the dataset, of a chunk
    most_jobs : that one run of Snakemake is to hold
    """
    chunks = math.ceil(gvoxel / chunk_gvoxel)
    jobs = chunks * costs.jobs_per_chunk
    work = gvoxel / costs.gvoxel_per_core_hour * machine.slower
    starts = jobs * costs.start_s * chunk_threads(chunk_gvoxel * 1e9) / 3600
    limits = {rule: machine.memory_gb / gb for rule, gb in costs.merging.items() if gb}
    limits["jobs of one run"] = most_jobs / costs.jobs_per_chunk * chunk_gvoxel
    return Plan(
        gvoxel=gvoxel,
        chunks=chunks,
        jobs=jobs,
        files=chunks * costs.files_per_chunk,
        gigabytes=gvoxel * costs.gb_per_gvoxel,
        core_hours=work + starts,
        dollars=(work + starts) / machine.cores * machine.dollars_per_hour,
        start_share=starts / (work + starts),
        dag_seconds=jobs * costs.dag_s,
        dag_gb=costs.base_gb + jobs * costs.dag_gb,
        merge_gb={rule: gb * gvoxel for rule, gb in costs.merging.items()},
        limits=limits,
    )


SIDES = {512: 0.134, 1024: 1.074, 2048: 8.590}  # voxels a side: Gvoxel of a chunk
ROWS = 10  # of the table of limits
SIZES = {"1 Tvoxel": 1e3, "1 Pvoxel": 1e6}


def write_plans(costs: Costs, machine: Machine) -> list[str]:
    """Write a row per size of the dataset and of chunks."""
    head = (
        "| dataset | chunk | chunks | jobs | files | TB | core hours | US$ | start | "
    )
    lines = [head + "dry run in one | runs |", "|---" * 11 + "|"]
    for name, gvoxel in SIZES.items():
        for side, chunk in SIDES.items():
            p = plan(gvoxel, chunk, costs, machine)
            lines.append(
                f"| {name} | {side}^3 | {p.chunks:,} | {p.jobs:,} | {p.files:,} "
                f"| {p.gigabytes / 1e3:,.1f} | {p.core_hours:,.0f} | {p.dollars:,.0f} "
                f"| {p.start_share:.1%} | {p.dag_seconds:,.0f} s, {p.dag_gb:,.1f} GB "
                f"| {p.regions:,} |"
            )
    return lines


def write_limits(costs: Costs, machine: Machine) -> list[str]:
    """Write a row for those jobs of the whole dataset that ask for most."""
    columns = ("done in one job", "GB per Gvoxel", "GB for 1 Tvoxel", "ends at, Gvoxel")
    lines = [f"| {' | '.join(columns)} |", "|---" * 4 + "|"]
    p = plan(1e3, SIDES[1024], costs, machine)
    for rule, gb in sorted(p.merge_gb.items(), key=lambda item: -item[1])[:ROWS]:
        lines.append(
            f"| `{rule}` | {gb / 1e3:.3f} | {gb:,.0f} | {p.limits[rule]:,.0f} |"
        )
    return lines


def with_tables(text: str) -> str:
    """Put the present tables between the marks of a text."""
    costs, machine = Costs(), Machine()
    tables = {
        "plans": write_plans(costs, machine),
        "plans_of_a_new_core": write_plans(costs, Machine(slower=1.0)),
        "limits": write_limits(costs, machine),
    }
    return MARKED.sub(lambda m: m[1] + join(tables[m[2]]) + m[3], text)


def join(lines: Sequence[str]) -> str:
    """Put lines one below the other."""
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
