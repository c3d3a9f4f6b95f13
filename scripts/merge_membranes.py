"""Join the maps of membranes of all chunks to one volume, without a copy."""

from neuropil.joblog import start_log
from neuropil.storage import join_labels

start_log(snakemake)
join_labels(snakemake.input.membranes, snakemake.output.membranes)
