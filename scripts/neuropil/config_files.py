"""Files that people or other runs made, and that the config names."""

from __future__ import annotations

import os
from pathlib import Path

from neuropil.dataset import resolve_path
from neuropil.errors import InputError


def resolve_labels(config: dict) -> str:
    """Path of the table in which people labelled candidates of synapses.

    Raises
    ------
    InputError
        If the config names none, or it does not exist.
    """
    given = config["synapses"]["labels"]["table"]
    if given is None:
        raise InputError(
            "synapses.labels.table is null: there are no labels. Name a table of them, "
            "such as the filled one of snakemake export_label_sheet."
        )
    try:
        return resolve_path(config, given)
    except InputError as error:
        raise InputError(f"synapses.labels.table: {error}") from None


def resolve_model(
    config: dict, section: str, beside: str | os.PathLike, made: str
) -> str | None:
    """Path of the trained model that a section of the config names; None for the rule.

    Parameters
    ----------
    config : a relative path is looked for where the run is, then ``beside`` it
    section : ``classifier`` or ``segmentation``
    beside : folder of the workflow, which comes with some
    made : the one that the run itself makes, which need not be there yet

    Raises
    ------
    InputError
        If there is no such file.
    """
    given = config[section]["model"]
    if given in (None, made):
        return given
    found = [path for path in (Path(given), Path(beside) / given) if path.is_file()]
    if not found:
        way = {"classifier": "classifier", "segmentation": "edge_model"}[section]
        raise InputError(
            f"{section}.model is {given}, and there is no such file. Name a "
            f"model that snakemake {way} has trained, or null for the rule."
        )
    return str(found[0])
