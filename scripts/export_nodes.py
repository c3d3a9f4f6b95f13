"""Write the skeletons of a bucket as a table of nodes."""

from neuropil.exports.nodes import export_nodes
from neuropil.joblog import start_log

start_log(snakemake)
export_nodes(snakemake.output.table, snakemake.input.skeletons)
