"""What is checked before the first job of a run, and kept until the input changes."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from neuropil.agglomeration import check_threshold, read_edges, read_membership
from neuropil.corrections import check_somata, read_corrections
from neuropil.provenance import code_digest
from neuropil.soma_places import read_somata
from neuropil.volumes.checks import check_volumes
from neuropil.whole_files import replacing

LIMITS = ("corrections", "soma_table")  # tables of the user that correct cells


def keep_checks(
    path: str | os.PathLike, dataset: dict, cells: dict, agglomeration: dict
) -> None:
    """Check the volumes and the agglomeration of a run; save what was found as JSON.

    An earlier check of the same files is kept. A failed check changes no file.

    Parameters
    ----------
    path : where the outcome is saved
    dataset, cells, agglomeration : as `dataset.resolve_sources`, `resolve_cells` and
        `resolve_agglomeration` give them; what the run makes is not looked at

    Raises
    ------
    InputError
        For the first thing that can't be used.
    """
    volumes = dataset["volumes"] | cells.get("volumes", {})
    volumes = {role: s for role, s in volumes.items() if "made" not in s}
    made = cells or "made" in agglomeration
    limits = {k: agglomeration[k] for k in LIMITS if k in agglomeration}
    asked = {
        "dataset": {**dataset, "volumes": volumes},
        "agglomeration": limits if made else agglomeration,
        "code": code_digest("checks"),
    }
    asked["files"] = describe_files(asked)
    with contextlib.suppress(OSError, ValueError, KeyError):
        known = json.loads(Path(path).read_text())["asked"]
        if known == json.loads(json.dumps(asked)):
            return
    if "table" in asked["agglomeration"]:
        read_membership(agglomeration["table"])
    elif "edges" in asked["agglomeration"]:
        check_threshold(agglomeration, read_edges(agglomeration["edges"]))
    check_limits(limits)
    checks = check_volumes(asked["dataset"]) | {"asked": asked}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(checks, indent=1) + "\n")


def check_limits(limits: dict) -> None:
    """Check the tables that correct cells, as far as it goes without supervoxels."""
    somata = read_somata(limits["soma_table"]) if "soma_table" in limits else None
    if "corrections" in limits:
        table = read_corrections(limits["corrections"])
        if somata is not None and "supervoxel" in somata:
            check_somata(table, somata, limits["corrections"])


def describe_files(asked: dict) -> dict[str, list[int]]:
    """Time of change and size of every local file that is asked about."""
    paths = {source["path"] for source in asked["dataset"]["volumes"].values()}
    tables = ("table", "edges", *LIMITS)
    paths |= {asked["agglomeration"].get(key, "") for key in tables}
    states = {path: os.stat(path) for path in sorted(paths) if os.path.exists(path)}
    return {path: [s.st_mtime_ns, s.st_size] for path, s in states.items()}
