"""A dataset as the steps see it: sources, grid and box, as plain values.

Plain, because Snakemake keeps them as parameters of rules, and reruns what they change.
"""

from __future__ import annotations

from pathlib import Path

from neuropil.analysis.tables import check_table
from neuropil.config_sources import present_roles, sources
from neuropil.errors import InputError
from neuropil.grid import Box, Triple
from neuropil.volumes.base import describe_box, describe_shape
from neuropil.volumes.checks import inspect_volumes
from neuropil.volumes.opening import is_remote, open_volume

# Files that a run makes for itself, and the array inside, by role.
MADE = {
    "supervoxels": ("segmentation/supervoxels.h5", "labels"),
    "membrane": ("maps/membrane.h5", "membrane"),
    "truth": ("phantom/truth.h5", "cells"),
}
LIMITS = ("corrections", "somata")  # tables that correct cells
NOWHERE = {
    "voxel_size_nm": {"z": 1.0, "y": 1.0, "x": 1.0},
    "offset_nm": {"z": 0.0, "y": 0.0, "x": 0.0},
    "shape_vx": (1, 1, 1),
    "box_vx": Box.of((1, 1, 1)),
}


def resolve_path(config: dict, path: str) -> str:
    """Put data_root before a relative path; a local one must exist.

    Raises
    ------
    InputError
        If there is no such file; it names the nearest ones that there are.
    """
    root = config.get("data_root")
    if root and not is_remote(path) and not Path(path).is_absolute():
        path = f"{str(root).rstrip('/')}/{path}"
    if is_remote(path) or Path(path).exists():
        return path
    folder = next(p for p in Path(path).parents if p.exists())
    held = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    hint = f"{folder.resolve()} holds {', '.join(held[:8]) or 'nothing'}"
    raise InputError(
        f"{path} does not exist; {hint}. Correct the path, or give the folder of the "
        "data with --config data_root=..."
    )


def resolve_sources(config: dict, results: str) -> dict:
    """Collect, as plain values, what `volumes.open_role` needs to know of a dataset.

    Volumes of real data are opened (metadata alone), so that a wrong path, type, place
    or voxel size stops a run before its first job. A phantom's do not exist yet. A
    dataset of tables alone has one voxel, of which nothing is made.

    Returns
    -------
    dict with ``volumes`` (role -> source), ``voxel_size_nm`` and ``offset_nm``
    ({z, y, x}), ``shape_vx`` (z, y, x), ``box_vx`` ((z, y, x), (z, y, x))
    """
    if "phantom" in config:
        return resolve_phantom(config, results)
    given = {r: s for r, s in sources(config).items() if "made" not in s}
    dataset = {"volumes": {r: resolve_source(config, s) for r, s in given.items()}}
    if not given:
        return dataset | NOWHERE
    role = next(role for role in present_roles(config) if role in given)
    said = config.get("voxel_size_nm")
    first = dataset["volumes"][role]
    own = first.get("voxel_size_nm") or said
    volume = open_volume(
        {**first, **({"voxel_size_nm": own} if own else {})},
        f"{first['key']} ({first['path']})",
    )
    size = said or dict(zip("zyx", volume.voxel_size_nm))
    dataset |= {
        "voxel_size_nm": size,
        "offset_nm": dict(zip("zyx", volume.offset_nm)),
        "shape_vx": volume.shape,
        "box_vx": find_box(config, volume.shape),
    }
    inspect_volumes(dataset)
    dataset["volumes"] |= made_volumes(config, results)
    return dataset


def made_volumes(config: dict, results: str) -> dict:
    """Describe the volumes that a run makes for itself, by role (`MADE`)."""
    made = {}
    for role, source in sources(config).items():
        if "made" in source:
            path, name = MADE[role]
            made[role] = {**source, "path": f"{results}/{path}", "dataset": name}
    return made


def resolve_source(config: dict, source: dict) -> dict:
    """Resolve the path of a source; messages name its key in the config."""
    try:
        return {**source, "path": resolve_path(config, source["path"])}
    except InputError as error:
        raise InputError(f"{source['key']}: {error}") from None


def resolve_phantom(config: dict, results: str) -> dict:
    """Describe a phantom, whose volumes are made by the run, as a dataset."""
    shape = tuple(config["phantom"]["shape_vx"][axis] for axis in "zyx")
    file = f"{results}/phantom/volumes.h5"
    volumes = {
        role: {"path": file, "dataset": role, **source}
        for role, source in sources(config).items()
    } | made_volumes(config, results)
    return {
        "volumes": volumes,
        "voxel_size_nm": config["voxel_size_nm"],
        "offset_nm": {"z": 0.0, "y": 0.0, "x": 0.0},
        "shape_vx": shape,
        "box_vx": find_box(config, shape),
    }


def resolve_agglomeration(config: dict, results: str) -> dict:
    """Say which table the agglomeration is in, as plain values.

    Returns
    -------
    ``{"table": path}``, ``{"edges": path, "threshold": score}``, or ``{}`` for none;
    ``made`` beside the edges if the run makes them, and what `resolve_limits` gives
    """
    given = config["agglomeration"]
    if given is None:
        return {}
    if given.get("volume"):
        return {"table": f"{results}/cells/agglomeration.parquet"}
    limits = resolve_limits(config, results)
    given = {k: v for k, v in given.items() if k not in LIMITS and v is not None}
    own = not given.keys() & {"table", "edges"}
    if config["segmentation"]["map"] and own:
        edges = {"edges": f"{results}/segmentation/joins.parquet", "made": True}
        scored = "scores" if config["segmentation"]["model"] else "edges"
        touching = {"touching": f"{results}/segmentation/{scored}.parquet"}
        return edges | given | limits | (touching if limits else {})
    if "phantom" in config and own:
        return {"edges": f"{results}/phantom/edges.parquet"} | given | limits
    return limits | {
        key: value if key == "threshold" else resolve_path(config, value)
        for key, value in given.items()
    }


def resolve_limits(config: dict, results: str) -> dict:
    """Say where tables are that correct cells, as far as the config names some.

    Returns
    -------
    ``corrections`` (path), ``soma_table`` (path of the user's) and ``somata`` (that of
    their supervoxels, which the run makes)
    """
    given, limits = config["agglomeration"], {}
    for key in LIMITS:
        if given.get(key):
            source = {"path": given[key], "key": f"agglomeration.{key}"}
            limits[key] = resolve_source(config, source)["path"]
    if "somata" in limits:
        limits["soma_table"] = limits["somata"]
        limits["somata"] = f"{results}/cells/somata.parquet"
    return limits


def require_roles(config: dict, roles: tuple[str, ...], purpose: str) -> None:
    """Refuse what can't be done without some volumes."""
    missing = [f"volumes.{role}" for role in roles if role not in present_roles(config)]
    if missing:
        raise InputError(
            f"{purpose} needs {', '.join(missing)}, which the config does not give. "
            "Add its path; without it, there is nothing to judge by."
        )


def resolve_cells(config: dict, dataset: dict) -> dict:
    """Describe the segmentation that gives the agglomeration as a dataset.

    Returns
    -------
    ``dataset`` with the one volume ``cells``; empty if no segmentation is given
    """
    given = (config["agglomeration"] or {}).get("volume")
    if not given:
        return {}
    source = {"kind": "labels", **given, "key": "agglomeration.volume"}
    cells = {**dataset, "volumes": {"cells": resolve_source(config, source)}}
    inspect_volumes(cells)
    return cells


def resolve_compared(config: dict, dataset: dict) -> dict:
    """Describe each segmentation that is to be scored as a dataset of its own.

    Returns
    -------
    By name, ``dataset`` with the one volume of that name
    """
    datasets = {}
    for name, given in config["compared"].items():
        source = {"kind": "labels", **given, "key": f"compared.{name}"}
        volumes = {name: resolve_source(config, source)}
        datasets[name] = {**dataset, "volumes": volumes}
        inspect_volumes(datasets[name])
    return datasets


def resolve_tables(config: dict) -> dict:
    """Resolve the paths of tables of others, and see that they have their columns.

    Returns
    -------
    By name, the table's entry in the config
    """
    tables = {}
    for name, given in config["tables"].items():
        entry = resolve_source(config, {**given, "key": f"tables.{name}"})
        if given.get("touching"):
            key = f"tables.{name}.touching"
            entry["touching"] = resolve_source(
                config, {**given["touching"], "key": key}
            )
        check_table(entry)
        tables[name] = entry
    return tables


def find_box(config: dict, shape: Triple) -> Box:
    """Box of the dataset to work on: the config's, else all of it.

    Raises
    ------
    InputError
        If the box reaches beyond the dataset.
    """
    whole, given = Box.of(shape), config.get("box")
    if not given:
        return whole
    start, size = (
        tuple(given[key][axis] for axis in "zyx") for key in ("start_vx", "shape_vx")
    )
    box = Box.of(size, start)
    if box.intersect(whole) != box:
        raise InputError(
            f"Config: box ({describe_box(box)}) reaches beyond the dataset, whose "
            f"shape is {describe_shape(shape)} (z, y, x). Make it smaller."
        )
    return box
