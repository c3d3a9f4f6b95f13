"""Score the cells that edges make at every threshold."""

from neuropil.evaluation.shares import add_up_shares, score_thresholds
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.evaluation import SWEEP
from neuropil.storage import read_table, read_tables, write_table

start_log(snakemake)
shares = add_up_shares(read_tables(snakemake.input.shares))
edges = read_table(snakemake.input.edges)
sweep = score_thresholds(shares, edges)
write_table(snakemake.output.scores, sweep, SWEEP, describe_job(snakemake))
