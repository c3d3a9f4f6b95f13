"""Give each supervoxel its cell, as the agglomeration says."""

from neuropil.agglomeration import read_agglomeration
from neuropil.cells import merge_cells
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.membership import MEMBERSHIP
from neuropil.storage import read_table, write_table

start_log(snakemake)
supervoxels = read_table(snakemake.input.supervoxels)["supervoxel"].to_numpy()
agglomeration, whole = snakemake.params.agglomeration, snakemake.params.whole
named = read_agglomeration(agglomeration, supervoxels, whole)
membership = merge_cells(supervoxels, named)
path = snakemake.output.membership
write_table(path, membership, MEMBERSHIP, describe_job(snakemake))
