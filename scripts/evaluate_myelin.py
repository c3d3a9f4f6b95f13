"""Compare which nodes of skeletons are myelinated with the truth."""

from neuropil.evaluation.myelin import evaluate_myelin
from neuropil.joblog import start_log
from neuropil.score_files import write_scores
from neuropil.skeletons.store import read_skeletons
from neuropil.storage import read_table, read_tables

start_log(snakemake)
given = snakemake.input
skeletons, myelin = read_skeletons(given.skeletons), read_tables(given.myelin)
cells, nodes = read_table(given.cells), read_table(given.nodes)
scores = evaluate_myelin(skeletons, myelin, cells, nodes)
write_scores(snakemake.output.scores, scores)
