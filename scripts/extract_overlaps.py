"""Count the voxels that true and predicted objects share in one chunk."""

from neuropil.evaluation.organelles import overlap_chunk
from neuropil.joblog import start_log
from neuropil.schemas.evaluation import OVERLAPS
from neuropil.storage import LabelStack, write_table

start_log(snakemake)
truth = LabelStack([snakemake.input.truth], snakemake.wildcards.organelle)
predicted = LabelStack([snakemake.input.labels])
blocks = snakemake.params.core, snakemake.params.block, snakemake.threads
overlaps = overlap_chunk(truth.read, predicted.read, *blocks)
write_table(snakemake.output.overlaps, overlaps, OVERLAPS)
