"""The config that a run had, kept beside its results."""

from __future__ import annotations

import importlib.metadata
import os

import yaml

from neuropil.provenance import VERSIONED
from neuropil.whole_files import replacing


def write_config(path: str | os.PathLike, config: dict) -> None:
    """Write a merged config as YAML; a comment says what software read it."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in VERSIONED]
    with replacing(path) as temporary, temporary.open("w") as file:
        file.write(f"# Read by neuropil with {', '.join(versions)}.\n")
        yaml.safe_dump(config, file, sort_keys=False)
