"""Tables about classifiers of synapses."""

from neuropil.schemas.base import Field, Schema

TARGET = Field("target", "string", "", "What is predicted: direction, synaptic, sign.")

HELD_OUT = Schema(
    "held_out",
    "One row per labelled candidate and way of predicting it without having seen it.",
    ("scheme", "learner", "target", "run", "synapse"),
    (
        Field("scheme", "string", "", "What no case shares with those learnt from."),
        Field("learner", "string", "", "The chosen classifier, or the reference."),
        TARGET,
        Field("run", "int64", "", "Run that it is of; 0 is this one."),
        Field("synapse", "uint64", "", "Candidate."),
        Field("is_true", "bool", "", "Whether it is of the class."),
        Field("p", "float64", "", "Probability of the class."),
    ),
)
LABEL_COUNTS = Schema(
    "label_counts",
    "One row per number of labels, sample and target: what can be learnt from so many.",
    ("label_count", "repeat", "target"),
    (
        Field("label_count", "int64", "", "Labels learnt from; the last: mean, all."),
        Field("repeat", "int64", "", "Sample, from 0."),
        TARGET,
        Field("accuracy", "float64", "", "Share of held-out cases called rightly."),
        Field("average_precision", "float64", "", "Of held-out cases."),
    ),
)
IMPORTANCE = Schema(
    "importance",
    "One row per target and feature: what the feature is worth.",
    ("target", "feature"),
    (
        TARGET,
        Field("feature", "string", "", "Of synapses/evidence.parquet."),
        Field("loss", "float64", "nat", "Loss added by exchanging it between cases."),
    ),
)
