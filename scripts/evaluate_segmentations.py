"""Score other segmentations against the cells of the dataset."""

from neuropil.evaluation.segmentations import score_files
from neuropil.joblog import start_log
from neuropil.score_files import write_scores

start_log(snakemake)
given, names = snakemake.input, snakemake.params.names
scores = score_files(names, given.overlaps, given.nodes, given.skeletons)
write_scores(snakemake.output.scores, scores)
