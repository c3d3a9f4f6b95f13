"""Match predicted with true objects of one organelle."""

from neuropil.evaluation.organelles import evaluate_organelles, name_truth
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.evaluation import ORGANELLE_MATCHES
from neuropil.storage import read_table, read_tables, write_table

start_log(snakemake)
organelles = read_table(snakemake.input.organelles)
synapses = read_table(snakemake.input.synapses)
truth = name_truth(snakemake.wildcards.organelle, organelles, synapses)
overlaps = read_tables(snakemake.input.overlaps)
objects = read_table(snakemake.input.objects)
cells = read_table(snakemake.input.cells)
limit = snakemake.params.min_size_vx
matches = evaluate_organelles(overlaps, truth, objects, cells, limit)
provenance = describe_job(snakemake)
write_table(snakemake.output.matches, matches, ORGANELLE_MATCHES, provenance)
