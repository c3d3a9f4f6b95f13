"""Score the cells that edges make at every threshold."""

from neuropil.evaluation.shares import PAIR, score_thresholds
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.evaluation import SWEEP
from neuropil.storage import read_table, read_tables, write_table

start_log(snakemake)
shares = read_tables(snakemake.input.shares).groupby(PAIR, as_index=False).sum()
edges = read_table(snakemake.input.edges)
sweep = score_thresholds(shares, edges, [k / 20 for k in range(21)])
write_table(snakemake.output.scores, sweep, SWEEP, describe_job(snakemake))
