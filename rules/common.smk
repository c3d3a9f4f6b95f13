"""What all rule files share (the checked config, the chunk grid, names of files).

REQUIRED INPUTS: the merged config (config/config.yaml and one dataset's file).
OUTPUTS: none; names that rule files use, and the constraints of wildcards.
"""

from contextlib import contextmanager

from snakemake.exceptions import WorkflowError

from neuropil.config import check_config, describe_run
from neuropil.config_sources import organelle_names, present_roles
from neuropil.dataset import (
    resolve_agglomeration,
    resolve_cells,
    resolve_compared,
    resolve_sources,
)
from neuropil.errors import InputError
from neuropil.grid import CHUNK_PATTERN, Box, Grid
from neuropil.kernel_cache import share_cache_folder
from neuropil.provenance import code_digest


@contextmanager
def explained():
    """Let Snakemake show a wrong input as the one sentence that explains it."""
    try:
        yield
    except InputError as error:
        raise WorkflowError(str(error)) from None


with explained():
    check_config(config)
    RESULTS = f"results/{config['dataset']}"
    # What `volumes.open_role` needs to know; plain values, so that Snakemake tracks them.
    DATASET = resolve_sources(config, RESULTS)
    CELLS = resolve_cells(config, DATASET)
    COMPARED = resolve_compared(config, DATASET)
    AGGLOMERATION = resolve_agglomeration(config, RESULTS)
    GRID = Grid(
        Box(*DATASET["box_vx"]), tuple(config["chunk_shape_vx"][a] for a in "zyx")
    )

BLOCK = tuple(config["block_shape_vx"][axis] for axis in "zyx")
VOXEL_SIZE_NM = tuple(DATASET["voxel_size_nm"][axis] for axis in "zyx")
PHANTOM = "phantom" in config
ORGANELLES = organelle_names(config)
ROLES = present_roles(config)
OWN_SUPERVOXELS = config["segmentation"]["map"] is not None


wildcard_constraints:
    chunk=CHUNK_PATTERN,
    organelle=r"[a-z][a-z0-9]*",
    figure=r"[a-z][a-z0-9_]*",


onstart:
    logger.info("\n".join(describe_run(config)))
    share_cache_folder(logger.warning)
    # Where it is set, each look for jobs to start makes Snakemake 9.27 look again a second
    # later, for ever: looks pile up with the number of jobs, and take all of a core.
    limiter = workflow.scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == (100, 1):  # by default
        workflow.scheduler.job_rate_limiter = None
    # No rule: its rerun would rerun all that depends on it, and its failure delete files.
    if not PHANTOM:  # whose volumes are made by the run
        # Not above: it brings compilers, and each job on a cluster reads the rules.
        from neuropil.checks import keep_checks

        with explained():
            keep_checks(f"{RESULTS}/checks.json", DATASET, CELLS, AGGLOMERATION)


def core_box(wildcards):
    """Voxels that a chunk owns: a named tuple, so that Snakemake tracks it."""
    return GRID.core(wildcards.chunk)


def chunk_files(pattern, **wildcards):
    """Paths of all chunks of a pattern such as ``contacts/chunks/{chunk}.h5``."""
    return expand(f"{RESULTS}/{pattern}", chunk=GRID.chunks, **wildcards)


def volume_files(*roles):
    """Files that hold the volumes of roles, of those that exist and are local."""
    return [
        DATASET["volumes"][role]["path"]
        for role in roles
        if role in ROLES and "://" not in DATASET["volumes"][role]["path"]
    ]


def dataset_of(*roles):
    """The dataset with the sources of some roles, of those that exist.

    For the parameters of a rule: another source reruns just the rules that read it.
    """
    volumes = {role: DATASET["volumes"][role] for role in roles if role in ROLES}
    return DATASET | {"volumes": volumes}
