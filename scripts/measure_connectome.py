"""Give synapses direction, sign and size, and add them up to edges."""

from neuropil.connectome import direct_synapses, gather_edges
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.connectome import EDGES, synapse_schema
from neuropil.storage import read_table, write_table

start_log(snakemake)
given, made, params = snakemake.input, snakemake.output, snakemake.params
tables = map(read_table, (given.candidates, given.features, given.direction))
synapses = direct_synapses(*tables, *params.settings)
edges = gather_edges(synapses, *params.least)
provenance = describe_job(snakemake)
write_table(made.synapses, synapses, synapse_schema(params.settings[1]), provenance)
write_table(made.edges, edges, EDGES, provenance)
