"""Predict by a trained model how surely the sides of edges are one cell."""

from neuropil.classifier.store import read_classifier
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.segmentation import SCORES
from neuropil.segmentation.learning import KIND, predict_edges
from neuropil.storage import read_table, write_table

start_log(snakemake)
given = snakemake.input
model = read_classifier(given.model, KIND)
scores = predict_edges(model, read_table(given.features))
write_table(snakemake.output.scores, scores, SCORES, describe_job(snakemake))
