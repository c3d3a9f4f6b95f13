"""Draw how far classifiers of synapses can be trusted, and what teaches them."""

from neuropil.figures.classifier import draw_classifier, list_panels
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import CLASSIFIER_PANELS
from neuropil.score_files import read_scores
from neuropil.storage import read_table, write_table

start_log(snakemake)
given, made, by = snakemake.input, snakemake.output, snakemake.params.by
tables = map(read_table, (given.held_out, given.curve, given.importance))
panels = list_panels(*tables, by)
scores = read_scores(given.scores)[by]
save_figure(draw_classifier(panels, scores), made.svg, made.png)
write_table(made.numbers, panels, CLASSIFIER_PANELS, describe_job(snakemake))
