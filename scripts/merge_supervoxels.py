"""Add up what the chunks hold of supervoxels."""

from neuropil.joblog import start_log
from neuropil.partials import merge_supervoxels
from neuropil.provenance import describe_job
from neuropil.schemas.cells import SUPERVOXELS
from neuropil.storage import read_table, write_table

start_log(snakemake)
parts = map(read_table, snakemake.input.supervoxels)
supervoxels = merge_supervoxels(parts, snakemake.params.shape)
path = snakemake.output.supervoxels
write_table(path, supervoxels, SUPERVOXELS, describe_job(snakemake))
