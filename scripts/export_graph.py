"""Write the connectome as GraphML."""

from neuropil.exports.tables import export_graph
from neuropil.joblog import start_log

start_log(snakemake)
export_graph(snakemake.output.graph, *snakemake.input)
