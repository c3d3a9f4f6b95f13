"""Say how sure the connectome is: expected edges, and what thresholds leave."""

from neuropil.connectome import compare_thresholds, expect_edges
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.connectome import EXPECTED_EDGES, THRESHOLDS
from neuropil.storage import read_table, write_table

start_log(snakemake)
made, provenance = snakemake.output, describe_job(snakemake)
synapses = read_table(snakemake.input.synapses)
compared = compare_thresholds(synapses, *snakemake.params.settings)
write_table(made.edges, expect_edges(synapses), EXPECTED_EDGES, provenance)
write_table(made.thresholds, compared, THRESHOLDS, provenance)
