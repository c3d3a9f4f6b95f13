"""Give each supervoxel the cell that holds most of its voxels."""

from neuropil.joblog import start_log
from neuropil.majority import merge_agglomeration
from neuropil.provenance import describe_job
from neuropil.schemas.agglomeration import AGGLOMERATION
from neuropil.storage import read_tables, write_table

start_log(snakemake)
overlaps = read_tables(snakemake.input.overlaps)
table = merge_agglomeration(overlaps)
path = snakemake.output.agglomeration
write_table(path, table, AGGLOMERATION, describe_job(snakemake))
