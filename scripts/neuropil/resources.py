"""What a job asks for: memory, time and threads, from measured coefficients.

The coefficients are in rules/resources.yaml, one entry per rule. They say what a script
uses; what is asked for has room above that, and grows with every attempt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

from neuropil.grid import Box, Grid, Triple

ROOM = 1.15  # what is asked for, over what is expected
SNAKEMAKE_MB = 250  # a submitted job runs Snakemake twice beside the script
LEAST_MB = 500
SLOWER = 5  # a slow file system, a busy node: how much longer a job may take
LEAST_MINUTES = 10
HALO_VX = 16  # blocks are read with about so many voxels around them
THREAD_VX = 2**31  # a thread more for so many voxels of a chunk
MOST_THREADS = 8
FULL_MVX = 100  # million voxels whose tables fill the ranges that merges hold
VOLUMES = ("chunk", "dataset", "bucket", "shard", "cube", "one")
COEFFICIENTS = {
    "mb": "MB of every job",
    "mb_full": "MB more where tables fill the ranges that are held; of less, a part",
    "mb_per_mvx": "MB per million voxels of what the job works on",
    "mb_per_um3": "MB per cubic micrometre of it, whatever its voxels",
    "mb_per_thread": "MB of each thread",
    "mb_per_block_mvx": "MB per million voxels of a block and its halo, of each thread",
    "mb_per_tile_mvx": "MB per million voxels of a tile of skeletons",
    "s": "seconds of every job",
    "s_per_mvx": "seconds of one core per million voxels",
    "gpu": "GPUs",
}


class Extent(NamedTuple):
    """How a dataset is cut into what jobs work on; plain values, for Snakemake.

    Attributes
    ----------
    box : voxels of the dataset
    chunk_shape, block_shape, tile_shape : (z, y, x), in voxels; tiles are those in
        which skeletons are traced
    buckets, shards : files that cells are spread over
    exported_vx : side of a cube of an exported volume
    voxel_um3 : volume of a voxel
    """

    box: Box
    chunk_shape: Triple
    block_shape: Triple
    tile_shape: Triple
    buckets: int
    shards: int
    exported_vx: int
    voxel_um3: float

    def voxels(self, per: str, chunk: str | None = None) -> float:
        """Voxels of what a job works on, one of `VOLUMES`; ``chunk`` is its name."""
        if per == "chunk":
            return Grid(self.box, self.chunk_shape).core(chunk).size
        whole = self.box.size
        return {
            "dataset": whole,
            "bucket": whole / self.buckets,
            "shard": whole / self.shards,
            "cube": min(self.exported_vx**3, whole),
            "one": 0,
        }[per]

    @property
    def block_voxels(self) -> int:
        """Voxels of a block and its halo; a block is no larger than a chunk."""
        shape = map(min, self.block_shape, self.chunk_shape, self.box.shape)
        return math.prod(n + 2 * HALO_VX for n in shape)

    @property
    def tile_voxels(self) -> int:
        """Voxels of a tile of skeletons."""
        return math.prod(map(min, self.tile_shape, self.box.shape))


def read_needs(path: str | Path) -> dict[str, dict]:
    """Read the table of coefficients, sorted by steps.

    Returns
    -------
    rule -> its ``step``, ``per`` (one of `VOLUMES`) and `COEFFICIENTS`, 0 where none is
    given
    """
    steps = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    return {
        rule: dict.fromkeys(COEFFICIENTS, 0) | {"step": step} | entry
        for step, entries in steps.items()
        for rule, entry in entries.items()
    }


def expected_mb(
    need: Mapping, extent: Extent, chunk: str | None = None, threads: int = 1
) -> float:
    """Memory in MB that the script of a job needs.

    Parameters
    ----------
    need : entry of a rule, from `read_needs`
    extent : how the dataset is cut
    chunk : name of the job's, if it has one
    threads : that walk over blocks
    """
    of_thread = need["mb_per_thread"] + need["mb_per_block_mvx"] * (
        extent.block_voxels / 1e6
    )
    voxels = extent.voxels(need["per"], chunk)
    return (
        need["mb"]
        + need["mb_full"] * min(1, voxels / 1e6 / FULL_MVX)
        + need["mb_per_mvx"] * voxels / 1e6
        + need["mb_per_um3"] * voxels * extent.voxel_um3
        + need["mb_per_tile_mvx"] * extent.tile_voxels / 1e6
        + of_thread * threads
    )


def expected_seconds(need: Mapping, extent: Extent, chunk: str | None = None) -> float:
    """Time in seconds of a job on one core; see `expected_mb`."""
    return need["s"] + need["s_per_mvx"] * extent.voxels(need["per"], chunk) / 1e6


def asked_mb(expected: float, attempt: int = 1) -> int:
    """Memory in MB to ask for: of script and Snakemake, with room, times the attempt.

    >>> asked_mb(200), asked_mb(1_000), asked_mb(1_000, attempt=2)
    (500, 1400, 2800)
    """
    mb = max(LEAST_MB, round_up(expected * ROOM + SNAKEMAKE_MB))
    return mb * attempt


def asked_minutes(expected: float, attempt: int = 1) -> int:
    """Minutes to ask for, of a job expected to take some seconds.

    Threads do not shorten it: a job that gets fewer of them must end, too.

    >>> asked_minutes(5), asked_minutes(600), asked_minutes(600, attempt=2)
    (10, 50, 100)
    """
    return max(LEAST_MINUTES, math.ceil(expected * SLOWER / 600) * 10) * attempt


def round_up(mb: float) -> int:
    """Round up to two digits, and to 50 MB at least.

    >>> round_up(501), round_up(1_234), round_up(12_345)
    (550, 1300, 13000)
    """
    step = max(50, 10 ** (math.floor(math.log10(max(mb, 1))) - 1))
    return math.ceil(mb / step) * step


def chunk_threads(voxels: float) -> int:
    """Threads of a job on a chunk.

    Chunks side by side use a machine better than threads in one: while a job starts,
    and where it adds up what its threads found, all but one wait. Of chunks so large
    that one core's share of a node's memory does not hold them, threads share it.

    >>> chunk_threads(512**3), chunk_threads(1024**3), chunk_threads(2048**3)
    (1, 1, 4)
    """
    return min(MOST_THREADS, max(1, round(voxels / THREAD_VX)))
