"""The config of a run: checked against its schema, and read by rules.

Snakemake merges config/config.yaml, the dataset's file and ``--config``. Nested values
of ``--config`` arrive as text and are turned back into numbers here.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

from neuropil.config_errors import describe_error, key_path
from neuropil.config_sources import check_sources, present_roles
from neuropil.config_tables import check_tables
from neuropil.errors import InputError

SCHEMA = Path(__file__).parents[2] / "config" / "schemas" / "config.schema.yaml"
# What a step does without, by the role that it needs.
LEFT_OUT = {
    "raw": "no EM slices in figures",
    "supervoxels": "no cells, contacts, synapses, or mapping of organelles to cells",
    "sj": "no synapses and no connections",
    "mi": "no mitochondria; the direction of synapses rests on vesicle clouds alone",
    "vc": "no vesicle clouds; the direction of synapses is not known",
    "sym": "the sign of synapses rests on asym alone",
    "asym": "the sign of synapses rests on sym alone",
    "myelin": "no myelin",
}
# The same of two roles that stand in for each other, if both are missing.
LEFT_OUT_TOGETHER = {
    ("mi", "vc"): "no organelles; the direction of synapses is not known",
    ("sym", "asym"): "the sign of synapses is not known",
}


@functools.cache
def schema_validator() -> Draft202012Validator:
    """Read the schema of the config."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C, ten times as fast
    schema = yaml.load(SCHEMA.read_text(encoding="utf-8"), loader)
    return Draft202012Validator(schema)


def check_config(config: dict) -> None:
    """Check a merged config; nested text from ``--config`` becomes numbers in place.

    Raises
    ------
    InputError
        For the first key that is unknown, missing or wrong, or contradicts another.
    """
    read_text_values(config)
    errors = sorted(schema_validator().iter_errors(config), key=order_of)
    if errors:
        text = describe_error(errors[0], schema_validator().schema)
        raise InputError(f"Config: {text}")
    for path, value in walk(config):
        if isinstance(value, float) and not math.isfinite(value):
            raise InputError(
                f"Config: {path} is {value}, expected a finite number. Correct it."
            )
    check_tables(config)
    check_sources(config)
    check_agglomeration(config)
    check_direction(config["synapses"])
    check_labels(config)


def order_of(error) -> tuple:
    """Misspelt keys first: they explain what is missing."""
    return error.validator != "additionalProperties", key_path(error)


def read_text_values(config: dict) -> None:
    """Turn text where the schema wants something else into what it says, in place.

    Snakemake hands nested values of ``--config`` on as text: ``'3'``, ``'null'``.
    """
    for error in schema_validator().iter_errors(config):
        if error.validator not in ("type", "not", "enum") or not isinstance(
            error.instance, str
        ):
            continue
        *parents, last = error.absolute_path
        value = yaml.safe_load("null" if error.instance == "None" else error.instance)
        if not isinstance(value, str):
            place = functools.reduce(lambda part, key: part[key], parents, config)
            place[last] = value


def walk(value, path: str = "") -> Iterator[tuple[str, object]]:
    """All leaves of a nested config, with their paths."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        yield path, value
        return
    for key, inner in items:
        yield from walk(inner, f"{path}.{key}" if path else str(key))


def check_agglomeration(config: dict) -> None:
    """Check that the agglomeration is given in exactly one way."""
    given = config["agglomeration"]
    if given is None:
        return
    ways = [way for way in ("table", "edges", "volume") if given.get(way)]
    if not ways and ("phantom" in config or config["segmentation"]["map"]):
        ways = ["edges"]
    if len(ways) != 1:
        raise InputError(
            f"Config: agglomeration has {' and '.join(ways) or 'neither'}, expected "
            "exactly one of table, edges, volume. Correct it, or set it to null if "
            "every supervoxel is a cell."
        )
    if ("edges" in ways) != ("threshold" in given):
        raise InputError(
            "Config: agglomeration.threshold goes with agglomeration.edges, but only "
            f"one of them is given ({', '.join(given)}). Add or remove the threshold."
        )
    limits = [key for key in ("corrections", "somata") if given.get(key)]
    if limits and "edges" not in ways:
        raise InputError(
            f"Config: agglomeration.{limits[0]} decides which edges join, but cells "
            f"are given by {ways[0]}. Correct that, or give edges and a threshold."
        )


def check_direction(synapses: dict) -> None:
    """Check that the evidence of direction is among what is measured."""
    evidence, deciding = (synapses["direction"][k] for k in ("organelles", "deciding"))
    if deciding not in evidence:
        raise InputError(
            f"Config: synapses.direction.deciding is {deciding}, expected one of "
            f"synapses.direction.organelles: {', '.join(evidence)}. Correct it, or add "
            "it to them."
        )
    for name, weights in evidence.items():
        if weights["radius_nm"] not in synapses["radii_nm"]:
            raise InputError(
                f"Config: synapses.direction.organelles.{name}.radius_nm is "
                f"{weights['radius_nm']}, expected one of synapses.radii_nm: "
                f"{synapses['radii_nm']}. Correct it, or add it to them."
            )


def check_labels(config: dict) -> None:
    """Check that there is what labels are of, and that strata have borders in order."""
    labels = config["synapses"]["labels"]
    if labels["table"] == "truth" and "phantom" not in config:
        raise InputError(
            "Config: synapses.labels.table is truth, which only a phantom has. Give a "
            "table of labels, or null."
        )
    if labels["table"] and "sj" not in present_roles(config):
        raise InputError(
            "Config: synapses.labels.table is given, but without a map of junctions "
            "(volumes.sj) there are no candidates. Add the map, or set it to null."
        )
    borders = labels["strata"]["p_synaptic"]
    if borders != sorted(set(borders)):
        raise InputError(
            f"Config: synapses.labels.strata.p_synaptic is {borders}, expected rising "
            "probabilities, each once. Put them in order."
        )


def describe_run(config: dict) -> list[str]:
    """Say what a run leaves out for want of a volume, and what it works on."""
    roles, tables = present_roles(config), [*config["tables"]]
    sentences = [f"Dataset {config['dataset']}: {', '.join(roles) or 'no volumes'}."]
    sentences += [f"Tables of others: {', '.join(tables)}."] if tables else []
    if not roles:
        return sentences
    if config["agglomeration"] is None:
        sentences.append("No agglomeration: every supervoxel is taken as a cell.")
    missing = {role: lost for role, lost in LEFT_OUT.items() if role not in roles}
    for pair, lost in LEFT_OUT_TOGETHER.items():
        if missing.keys() >= {*pair}:
            missing = {r: t for r, t in missing.items() if r not in pair}
            missing[" or ".join(pair)] = lost
    sentences += [f"No {role} volume: {lost}." for role, lost in missing.items()]
    return sentences
