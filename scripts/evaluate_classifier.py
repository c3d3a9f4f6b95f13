"""Score classifiers on labelled candidates that they have not seen."""

from neuropil.classifier.cases import fold, read_cases
from neuropil.classifier.report import evaluate_classifier
from neuropil.joblog import start_log
from neuropil.schemas.classifier import HELD_OUT, IMPORTANCE, LABEL_COUNTS
from neuropil.score_files import write_scores
from neuropil.storage import write_table

start_log(snakemake)
given, made, settings = snakemake.input, snakemake.output, snakemake.params.settings
cases = read_cases(given.evidence, given.labels, settings["features"])
found = evaluate_classifier(cases, fold(cases, settings), settings)
write_table(made.held_out, found.held_out, HELD_OUT)
write_table(made.curve, found.curve, LABEL_COUNTS)
write_table(made.importance, found.importance, IMPORTANCE)
write_scores(made.scores, found.scores)
