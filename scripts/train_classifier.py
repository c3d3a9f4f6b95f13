"""Learn from labelled candidates which are synapses, their direction and sign."""

from neuropil.classifier.cases import fold, read_cases
from neuropil.classifier.model import train
from neuropil.classifier.report import describe_training
from neuropil.classifier.store import write_classifier
from neuropil.joblog import start_log
from neuropil.score_files import write_scores

start_log(snakemake)
given, made, settings = snakemake.input, snakemake.output, snakemake.params.settings
cases = read_cases(given.evidence, given.labels, settings["features"])
folds = fold(cases, settings)[settings["folds"]["by"]]
training = train(cases.evidence, cases.labels, folds, settings)
write_classifier(made.classifier, training.classifier)
card = describe_training(training, (cases, folds), given, settings)
write_scores(made.card, card)
