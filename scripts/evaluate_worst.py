"""List the worst splits and mergers of cells, each with a place."""

from neuropil.evaluation.seams import add_up_seams
from neuropil.evaluation.shares import add_up_shares
from neuropil.evaluation.worst_cells import list_worst_cells, measure_worst
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.evaluation import WORST_CELLS
from neuropil.score_files import write_scores
from neuropil.storage import read_table, read_tables, write_table

start_log(snakemake)
files, made = snakemake.input, snakemake.output
seams = add_up_seams([read_tables(files.seams)])
shares = add_up_shares(read_tables(files.shares))
membership, edges = read_table(files.membership), read_table(files.edges)
worst = list_worst_cells(seams, shares, membership, edges, snakemake.params.grid)
write_table(made.worst, worst, WORST_CELLS, describe_job(snakemake))
write_scores(made.scores, measure_worst(shares, membership))
