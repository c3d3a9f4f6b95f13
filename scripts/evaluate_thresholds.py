"""Score synapses and edges at thresholds of probability against the truth."""

from neuropil.evaluation.thresholds import evaluate_thresholds
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.evaluation import THRESHOLD_SCORES
from neuropil.storage import read_table, write_table

start_log(snakemake)
given, settings = snakemake.input, snakemake.params.settings
truth = read_table(given.true_synapses), read_table(given.true_edges)
tables = read_table(given.synapses), truth, read_table(given.cells)
table = evaluate_thresholds(*tables, *settings)
write_table(snakemake.output.scores, table, THRESHOLD_SCORES, describe_job(snakemake))
