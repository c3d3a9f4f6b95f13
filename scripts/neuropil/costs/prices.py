"""What a run costs: voxels per hour of a core or GPU, and money per teravoxel.

The model is that of Schubert et al. 2022 (Methods, "Cost estimation"): nodes are rented
by the hour, all of their virtual cores count while a step runs, and disk and file
servers are paid as long as anything does. Here a job occupies the part of a node that
it asked for, its cores, memory or GPUs, whichever is more, as long as it runs and
starts. That is a full machine without gaps: cores that wait for the last job of a step
are not counted.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

# Made to be looked at or compared with; no part of the analysis of a dataset.
BESIDE = ("phantom", "evaluation", "figures")
ALL = "all"
# At 10 x 10 x 25 nm. Of CPUs alone: data store, extraction and enrichment of synapses;
# of GPUs: cells by point clouds.
PAPER = {
    "step": "SyConn2",
    "job_count": 0,
    "core_hours": 68.56 * 24 * 32,
    "gpu_hours": 8.44 * 24 * 2,
    "mvoxel_per_core_hour": 34.0,
    "gvoxel_per_gpu_hour": 4.4,
    "cpu_usd_per_tvoxel": 1200.0,
    "gpu_usd_per_tvoxel": 380.0,
    "infrastructure_usd_per_tvoxel": 260.0,
    "usd_per_tvoxel": 1840.0,
    "is_counted": False,
}
SUMS = ["core_hours", "gpu_hours", "cpu_usd", "gpu_usd", "infrastructure_usd"]


def price_jobs(jobs: pd.DataFrame, costs: Mapping) -> pd.DataFrame:
    """Count the hours of jobs, and what they cost.

    The infrastructure is paid while nodes run: a job's hours of nodes, over the number
    of nodes that run at once, are its share of that time.

    Parameters
    ----------
    jobs : table of `jobs.read_jobs`
    costs : section of the config

    Returns
    -------
    jobs, with core_hours and gpu_hours (a job is counted in one of them), cpu_usd,
    gpu_usd and infrastructure_usd
    """
    hours = (jobs["seconds"] + costs["start_s"]) / 3600
    on_gpu = jobs["gpus"] > 0
    cpu_node, gpu_node = costs["cpu_node"], costs["gpu_node"]
    of_cpu = hours * occupied(jobs, cpu_node) * ~on_gpu
    of_gpu = hours * np.maximum(
        occupied(jobs, gpu_node), jobs["gpus"] / gpu_node["gpus"]
    )
    of_gpu *= on_gpu
    return jobs.assign(
        core_hours=hours * jobs["threads"] * ~on_gpu,
        gpu_hours=hours * jobs["gpus"],
        cpu_usd=of_cpu * cpu_node["usd_per_hour"],
        gpu_usd=of_gpu * gpu_node["usd_per_hour"],
        infrastructure_usd=(of_cpu + of_gpu)
        * (costs["infrastructure_usd_per_hour"] / costs["nodes"]),
    )


def occupied(jobs: pd.DataFrame, node: Mapping) -> pd.Series:
    """Part of a node whose cores, or memory, a job holds; above 1 if it needs more."""
    memory = jobs["asked_mb"] / (node["memory_gb"] * 1000)
    return np.maximum(jobs["threads"] / node["cores"], memory)


def cost_steps(jobs: pd.DataFrame, voxels: int, costs: Mapping) -> pd.DataFrame:
    """Sum up the costs of a run, per step and in all.

    Parameters
    ----------
    jobs : table of `jobs.read_jobs`
    voxels : of the dataset
    costs : section of the config

    Returns
    -------
    Rows of schema ``costs``, ``all`` first, then by hours; steps in `BESIDE` are
    not in ``all``. Rates are NaN where no hour was counted.
    """
    priced = price_jobs(jobs, costs)
    steps = priced.groupby("step")[SUMS].sum()
    steps["job_count"] = priced.groupby("step").size()
    steps["is_counted"] = ~steps.index.isin(BESIDE)
    whole = steps[steps["is_counted"]].sum().to_frame(ALL).T
    steps = pd.concat([whole, steps.sort_values(["is_counted", "core_hours"])[::-1]])
    steps["is_counted"] = ~steps.index.isin(BESIDE)
    tera = voxels / 1e12
    usd = steps[["cpu_usd", "gpu_usd", "infrastructure_usd"]].astype(float) / tera
    rates = {
        "mvoxel_per_core_hour": rate(voxels / 1e6, steps["core_hours"]),
        "gvoxel_per_gpu_hour": rate(voxels / 1e9, steps["gpu_hours"]),
        "usd_per_tvoxel": usd.sum(axis=1),
    }
    table = steps[["job_count", "core_hours", "gpu_hours", "is_counted"]]
    table = table.assign(**rates).join(usd.add_suffix("_per_tvoxel"))
    return table.rename_axis("step").reset_index()


def rate(amount: float, hours: pd.Series) -> pd.Series:
    """Amount per hour; NaN where there was none."""
    hours = hours.astype(float)
    return amount / hours.where(hours > 0)


def describe_costs(costs: pd.DataFrame) -> str:
    """Say in two lines what a run costs, and what SyConn2 did."""
    row = costs[costs["step"] == ALL].iloc[0]
    beside = ", ".join(BESIDE)
    words = (
        f"In all, without {beside}: {row['core_hours']:.3g} core hours, "
        f"{row['mvoxel_per_core_hour']:,.0f} Mvoxel/h per core, "
        f"US$ {row['usd_per_tvoxel']:,.2f} per Tvoxel at the config's prices.\n"
        "SyConn2, on other machines, tissue and steps: "
        f"{PAPER['mvoxel_per_core_hour']:.0f} Mvoxel/h per core (CPU alone), "
        f"US$ {PAPER['usd_per_tvoxel']:,.0f}.\n"
    )
    return words
