"""Add up the edges of all chunks, and score them."""

from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.segmentation import EDGES, PARTIAL_EDGES
from neuropil.segmentation.edges import measure_edges, merge_edges
from neuropil.storage import read_table, write_table

start_log(snakemake)
given, params = snakemake.input, snakemake.params
sums = merge_edges(map(read_table, given.edges), map(read_table, given.supervoxels))
edges = measure_edges(sums, params.voxel_size_nm, params.score)
write_table(snakemake.output.edges, edges, EDGES, describe_job(snakemake))
write_table(snakemake.output.sums, sums, PARTIAL_EDGES)
