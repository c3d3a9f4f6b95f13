"""Evidence about candidates of synapses, as numbers: what classifiers read.

An entry in `SHARED` is measured of a synapse, one in `SIDED` of each of its two cells:
columns ``<name>_a`` and ``<name>_b``. To add a feature is to add an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import pandas as pd

from neuropil.classifier import measures
from neuropil.classifier.measures import Sources
from neuropil.classifier.sides import BY_RULE
from neuropil.schemas.base import Field, Schema


class Entry(NamedTuple):
    """What is measured at once: unit and meaning by name, and the function."""

    names: Mapping[str, tuple[str, str]]
    measure: Callable


SHARED = (
    Entry(
        {
            "volume_um3": ("µm³", "Volume of its voxels"),
            "area_um2": ("µm²", "Area, of the side that shows more"),
            "thickness_nm": ("nm", "Volume over area; NaN without area"),
        },
        measures.measure_size,
    ),
    Entry(
        {
            "junction_share": ("", "Share of its junction that it holds"),
            "junction_count": ("", "Junction objects that it is made of"),
            "junction_p": ("", "Mean probability of a junction over its voxels"),
        },
        measures.measure_junction,
    ),
    Entry(
        {
            "sym_fraction": ("", "Share of voxels of symmetric type"),
            "asym_fraction": ("", "Share of voxels of asymmetric type"),
            "typed_fraction": ("", "Share of voxels of any type"),
            "sym_ratio": ("", "sym / (sym + asym) voxels; NaN if none"),
        },
        measures.measure_types,
    ),
    Entry(
        {
            "contact_um2": ("µm²", "All contact of both cells; NaN if none"),
            "contact_share": ("", "Area over that contact; NaN if none"),
            "rival_count": ("", "Further candidates between both cells"),
        },
        measures.measure_contact,
    ),
    Entry(
        {
            "length_nm": ("nm", "SD of its points along the longest axis"),
            "width_nm": ("nm", "SD along the second axis"),
            "height_nm": ("nm", "SD along the shortest axis"),
            "curvature_per_um": ("1/µm", "Curvature of the contact there"),
        },
        measures.measure_shape,
    ),
)
SIDED = (
    Entry({"shown_um2": ("µm²", "Area that the side shows")}, measures.measure_area),
    Entry({"cell_um3": ("µm³", "Volume of the cell")}, measures.measure_cell),
    Entry(
        {
            "other_count": ("", "Other candidates of the cell"),
            "role": ("", "Pre (1) or post (-1) in these, by the rule"),
        },
        measures.measure_role,
    ),
)


def list_sided(
    organelles: Sequence[str], radii_nm: Sequence[float]
) -> tuple[Entry, ...]:
    """Entries of each side, given the organelles that are mapped, and radii."""
    entries, radii = list(SIDED), sorted(radii_nm)
    for one in organelles:
        names = {}
        for radius in radii:
            names[f"{one}_count_{radius:g}"] = "", f"Objects ({one}) in {radius:g} nm"
            names[f"{one}_um3_{radius:g}"] = "µm³", f"Their volume in {radius:g} nm"
        names[f"{one}_nm"] = "nm", f"To the nearest {one} of the cell; NaN if none"
        near = partial(measures.measure_near, organelle=one, radii_nm=radii)
        entries.append(Entry(names, near))
    return tuple(entries)


def gather_evidence(
    sources: Sources, organelles: Sequence[str], radii_nm: Sequence[float]
) -> pd.DataFrame:
    """Measure all evidence about the candidates of a dataset.

    Returns
    -------
    Table of `evidence_schema`; swapping the cells of a candidate swaps its columns
    ``_a`` and ``_b`` and changes no other but that of the rule, p to 1 - p
    """
    table = sources.candidates[["synapse", "cell_a", "cell_b"]].copy()
    for axis, size in zip("zyx", sources.voxel_size_nm):
        table[f"{axis}_nm"] = (sources.candidates[f"{axis}_vx"] + 0.5) * size
    table[BY_RULE] = sources.by_rule
    for entry in SHARED:
        table = table.assign(**dict(zip(entry.names, entry.measure(sources))))
    for entry in list_sided(organelles, radii_nm):
        for side in "ab":
            names = (f"{name}_{side}" for name in entry.names)
            table = table.assign(**dict(zip(names, entry.measure(sources, side))))
    return table


def evidence_schema(
    organelles: Sequence[str], radii_nm: Sequence[float], joined: Sequence[str] = ()
) -> Schema:
    """Describe synapses/evidence.parquet; ``joined`` are columns of other tables."""
    fields = [
        Field("synapse", "uint64", "", "Candidate."),
        Field("cell_a", "uint64", "", "Cell with the smaller id."),
        Field("cell_b", "uint64", "", "Cell with the larger id."),
        *(Field(f"{a}_nm", "float64", "nm", f"{a} of its middle.") for a in "zyx"),
        Field(BY_RULE, "float64", "", "That cell a is presynaptic, by the rule."),
    ]
    for entry in SHARED:
        for name, (unit, text) in entry.names.items():
            fields.append(Field(name, "float64", unit, f"{text}."))
    for entry in list_sided(organelles, radii_nm):
        for side in "ab":
            for name, (unit, text) in entry.names.items():
                words = f"{text} (cell {side})."
                fields.append(Field(f"{name}_{side}", "float64", unit, words))
    for name in joined:
        fields.append(Field(name, "float64", "", "Of a table that was joined."))
    return Schema(
        "synapse_evidence",
        "One row per candidate: all that classifiers know about it.",
        ("synapse",),
        tuple(fields),
    )
