"""Score the cells that edges make at every threshold."""

from neuropil.agglomeration import read_edges
from neuropil.evaluation.shares import add_up_shares, read_neurons, score_thresholds
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.evaluation import SWEEP
from neuropil.storage import read_tables, write_table

start_log(snakemake)
shares = add_up_shares(read_tables(snakemake.input.shares))
edges, neurons = read_edges(snakemake.input.edges), read_neurons(snakemake.input.types)
sweep = score_thresholds(shares, edges, neurons)
write_table(snakemake.output.scores, sweep, SWEEP, describe_job(snakemake))
