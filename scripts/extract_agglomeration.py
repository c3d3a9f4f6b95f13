"""Count the voxels that supervoxels share with cells in one chunk."""

from neuropil.joblog import start_log
from neuropil.majority import extract_agglomeration
from neuropil.schemas.agglomeration import OVERLAPS
from neuropil.storage import write_table
from neuropil.volumes import open_role

start_log(snakemake)
overlaps = extract_agglomeration(
    open_role(snakemake.params.dataset, "supervoxels"),
    open_role(snakemake.params.cells, "cells"),
    snakemake.params.core,
    snakemake.params.block,
    snakemake.threads,
)
write_table(snakemake.output.overlaps, overlaps, OVERLAPS)
