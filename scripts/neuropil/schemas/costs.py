"""Tables of what a run asked for, used, and cost."""

from neuropil.schemas.base import Field, Schema

REQUESTS = Schema(
    "requests",
    "One row per rule: what its jobs asked for, and used, with Snakemake's own memory.",
    ("rule",),
    (
        Field("rule", "string", "", "Rule."),
        Field("step", "string", "", "Step of the workflow it is part of."),
        Field("job_count", "int64", "", "Its jobs."),
        Field("asked_mb", "int64", "MB", "Asked by the job that came nearest to it."),
        Field("used_mb", "float64", "MB", "Used by this job at most."),
        Field("median_used_mb", "float64", "MB", "Median of what its jobs used."),
        Field("used_share", "float64", "", "used_mb / asked_mb."),
        Field(
            "asked_minutes", "int64", "min", "Asked by the job nearest to its limit."
        ),
        Field("used_minutes", "float64", "min", "Wall time of this job."),
    ),
)

COSTS = Schema(
    "costs",
    "One row per step of the workflow, and one for all: time and money.",
    (),
    (
        Field("step", "string", "", "Step; all is the sum of those that are counted."),
        Field("is_counted", "bool", "", "Whether it is an analysis of the dataset."),
        Field("job_count", "int64", "", "Its jobs."),
        Field(
            "core_hours", "float64", "h", "Wall time x threads, of jobs without GPU."
        ),
        Field("gpu_hours", "float64", "h", "Wall time x GPUs."),
        Field("mvoxel_per_core_hour", "float64", "Mvoxel/h", "NaN without such jobs."),
        Field("gvoxel_per_gpu_hour", "float64", "Gvoxel/h", "NaN without such jobs."),
        Field("cpu_usd_per_tvoxel", "float64", "US$", "Nodes without GPU, per Tvoxel."),
        Field("gpu_usd_per_tvoxel", "float64", "US$", "Nodes with GPUs, per Tvoxel."),
        Field(
            "infrastructure_usd_per_tvoxel", "float64", "US$", "Disk and file servers."
        ),
        Field("usd_per_tvoxel", "float64", "US$", "Sum of these three."),
    ),
)
