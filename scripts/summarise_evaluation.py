"""Sum up every comparison with the truth."""

from neuropil.evaluation.summary import collect_scores, read_organelles
from neuropil.joblog import start_log
from neuropil.score_files import write_scores
from neuropil.storage import read_table

start_log(snakemake)
synapses, edges = (
    read_table(snakemake.input.synapses),
    read_table(snakemake.input.edges),
)
contacts = read_table(snakemake.input.contacts)
organelles = read_organelles(snakemake.input.organelles)
scores = collect_scores(synapses, edges, contacts, organelles)
write_scores(snakemake.output.scores, scores)
