"""What jobs ask for (memory, time, threads), as measured rule by rule.

REQUIRED INPUTS: resources.yaml, beside this file; the chunk grid, from common.smk.
OUTPUTS: none; functions that rules name. A profile, or the command line, may say
otherwise: `--set-resources extract_contacts:mem_mb=6000`, `--set-threads ...`.
"""

from functools import cache

from neuropil.resources import (
    Extent,
    asked_mb,
    asked_minutes,
    expected_mb,
    expected_seconds,
    read_needs,
)
from neuropil.resources import chunk_threads as threads_for

NEEDS = read_needs(f"{workflow.basedir}/rules/resources.yaml")
EXTENT = Extent(
    box=GRID.box,
    chunk_shape=GRID.chunk_shape,
    block_shape=BLOCK,
    tile_shape=tuple(int(config["skeletons"]["tile_nm"] / n) for n in VOXEL_SIZE_NM),
    buckets=config["cells"]["buckets"],
    shards=2 ** config["exports"]["shard_bits"],
    exported_vx=config["exports"]["tile_vx"],
    voxel_um3=VOXEL_SIZE_NM[0] * VOXEL_SIZE_NM[1] * VOXEL_SIZE_NM[2] / 1e9,
)


# Kept, since a dry run asks for it for each of thousands of jobs.
@cache
def find_mb(rule, chunk, threads):
    return expected_mb(NEEDS[rule], EXTENT, chunk, threads)


@cache
def find_seconds(rule, chunk):
    return expected_seconds(NEEDS[rule], EXTENT, chunk)


def memory(rule):
    """Resource function: MB that a job of a rule asks for."""
    return lambda wildcards, threads, attempt: asked_mb(
        find_mb(rule, wildcards.get("chunk"), threads), attempt
    )


def minutes(rule):
    """Resource function: minutes that a job of a rule asks for."""
    return lambda wildcards, attempt: asked_minutes(
        find_seconds(rule, wildcards.get("chunk")), attempt
    )


def chunk_threads(wildcards):
    """Threads of a job of a chunk."""
    return threads_for(GRID.core(wildcards.chunk).size)
