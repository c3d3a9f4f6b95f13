"""Predict reality, direction and sign of candidates by a trained classifier."""

from neuropil.classifier.model import predict_synapses
from neuropil.classifier.store import read_classifier
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.synapses import DIRECTION
from neuropil.storage import read_table, write_table

start_log(snakemake)
given = snakemake.input
classifier = read_classifier(given.classifier)
table = predict_synapses(classifier, read_table(given.evidence))
write_table(snakemake.output.predictions, table, DIRECTION, describe_job(snakemake))
