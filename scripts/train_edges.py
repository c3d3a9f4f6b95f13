"""Learn from true cells which edges between supervoxels join."""

from neuropil.classifier.store import write_classifier
from neuropil.joblog import start_log
from neuropil.segmentation.learning import train_edges
from neuropil.storage import read_table

start_log(snakemake)
model = train_edges(map(read_table, snakemake.input.labels))
write_classifier(snakemake.output.model, model)
