"""Score the cells of the run, and their borders, against the true ones."""

from neuropil.evaluation.boundaries import score_boundaries
from neuropil.evaluation.shares import (
    add_up_shares,
    read_cable,
    read_neurons,
    score_cells,
)
from neuropil.joblog import start_log
from neuropil.score_files import write_scores
from neuropil.storage import read_table, read_tables

start_log(snakemake)
given, boundary_nm = snakemake.input, snakemake.params.boundary_nm
shares = add_up_shares(read_tables(given.shares))
truth = read_neurons(given.types), read_cable(given.skeletons, given.nodes)
scores = score_cells(shares, read_table(given.membership), *truth)
borders = score_boundaries(map(read_table, given.boundaries), boundary_nm)
write_scores(snakemake.output.scores, scores | borders)
