"""Names of the files that labels of synapses are made of, and classifiers learn from.

REQUIRED INPUTS: the checked config.
OUTPUTS: none; functions that labels.smk and classifier.smk call.
"""

from neuropil.config_files import resolve_labels, resolve_model
from neuropil.dataset import require_roles

LABELS = SYNAPSES["labels"]
CLASSIFIER = config["classifier"]
with explained():
    MADE = f"{RESULTS}/classifier/classifier.skops"
    MODEL = resolve_model(config, "classifier", workflow.basedir, MADE)


def sheet_volumes(wildcards):
    """Input function: the volumes that sheets show."""
    with explained():
        require_roles(config, ("raw", "supervoxels", "sj"), "A sheet of candidates")
    return volume_files("raw", "supervoxels")


def label_table(wildcards):
    """Input function: the table that a person made."""
    with explained():
        return resolve_labels(config)


def labels_given():
    """Name what labels come from: a person's table, or the truth."""
    if LABELS["table"] != "truth":
        return {"table": label_table}
    return {
        "features": f"{RESULTS}/synapses/features.parquet",
        "cells": f"{RESULTS}/evaluation/cells.parquet",
        "truth": f"{RESULTS}/phantom/truth/synapses.parquet",
    }


def label_settings():
    """What labels depend on: how they are matched, or which the truth gives."""
    drawn = LABELS["table"] == "truth"
    names = ("count", "seed", "strata") if drawn else ("reach_nm", "margin_nm")
    chosen = {"labels": {name: LABELS[name] for name in names}}
    return chosen | ({"direction": SYNAPSES["direction"]} if drawn else {})


def learning_runs(table):
    """Files of a table of this run and of further ones that are learnt from."""
    runs = [RESULTS, *CLASSIFIER["runs"]]
    return [f"{run.rstrip('/')}/synapses/{table}.parquet" for run in runs]


def model_given(wildcards):
    """Input function: the classifier to predict with."""
    with explained():
        if MODEL is None:
            raise InputError(
                "classifier.model is null: synapses/direction.parquet is the rule's. "
                "Name a classifier to predict with."
            )
    return MODEL
