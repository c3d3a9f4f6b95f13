"""Score the cells that edges make at every threshold."""

from neuropil.agglomeration import read_edges
from neuropil.evaluation.shares import (
    add_up_shares,
    read_cable,
    read_neurons,
    score_thresholds,
)
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.evaluation import SWEEP
from neuropil.storage import read_tables, write_table

start_log(snakemake)
given = snakemake.input
shares, edges = add_up_shares(read_tables(given.shares)), read_edges(given.edges)
truth = read_neurons(given.types), read_cable(given.skeletons, given.nodes)
sweep = score_thresholds(shares, edges, *truth)
write_table(snakemake.output.scores, sweep, SWEEP, describe_job(snakemake))
