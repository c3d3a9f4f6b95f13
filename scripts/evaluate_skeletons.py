"""Compare skeletons with the true centrelines of cells."""

from neuropil.evaluation.skeletons import evaluate_skeletons
from neuropil.joblog import start_log
from neuropil.schemas.evaluation import BRANCH_MATCHES
from neuropil.score_files import write_scores
from neuropil.skeletons.store import read_skeletons
from neuropil.storage import read_table, write_table

start_log(snakemake)
given, made = snakemake.input, snakemake.output
truth = (read_table(given.known), read_table(given.nodes))
skeletons = read_skeletons(given.skeletons)
cells = read_table(given.cells)
found = evaluate_skeletons(skeletons, cells, truth, snakemake.params.box_nm)
write_table(made.branches, found[0], BRANCH_MATCHES)
write_scores(made.scores, found[1])
