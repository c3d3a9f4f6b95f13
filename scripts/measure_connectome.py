"""Give synapses direction, sign and size, and add them up to edges."""

from neuropil import connectome
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.connectome import (
    EDGES,
    EXPECTED_EDGES,
    THRESHOLDS,
    synapse_schema,
)
from neuropil.storage import read_table, write_table

start_log(snakemake)
given, made, params = snakemake.input, snakemake.output, snakemake.params
tables = map(read_table, (given.candidates, given.features, given.direction))
synapses = connectome.direct_synapses(*tables, *params.settings)
least, provenance = params.least, describe_job(snakemake)
edges = connectome.gather_edges(synapses, *least)
compared = connectome.compare_thresholds(synapses, params.thresholds, least[1])
write_table(made.synapses, synapses, synapse_schema(params.settings[1]), provenance)
write_table(made.edges, edges, EDGES, provenance)
write_table(
    made.expected, connectome.expect_edges(synapses), EXPECTED_EDGES, provenance
)
write_table(made.thresholds, compared, THRESHOLDS, provenance)
