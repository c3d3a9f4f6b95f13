"""Match predicted with true synapses, and say why some differ."""

from neuropil.evaluation.synapses import match_candidates
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.evaluation import SYNAPSE_MATCHES
from neuropil.storage import read_table, write_table

start_log(snakemake)
truth = read_table(snakemake.input.truth)
candidates = read_table(snakemake.input.synapses)
cells = read_table(snakemake.input.cells)
junctions = read_table(snakemake.input.junctions)
limit = snakemake.params.min_p_synaptic
matches = match_candidates(truth, candidates, cells, junctions, limit)
provenance = describe_job(snakemake)
write_table(snakemake.output.matches, matches, SYNAPSE_MATCHES, provenance)
