"""Join supervoxels along the best edge first, and score edges anew."""

from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.segmentation import JOINS
from neuropil.segmentation.edges import link_cells
from neuropil.storage import read_table, write_table

start_log(snakemake)
given, params = snakemake.input, snakemake.params
joins = link_cells(read_table(given.sums), params.score, *map(read_table, given.scores))
write_table(snakemake.output.joins, joins, JOINS, describe_job(snakemake))
