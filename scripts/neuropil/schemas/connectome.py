"""Tables of the connectome: cells, synapses, edges."""

from collections.abc import Sequence

from neuropil.schemas.base import Field, Schema, zyx_fields

#: Organelles of the tables as the README describes them.
USUAL = ("mi", "vc")


def synapse_schema(organelles: Sequence[str] = USUAL) -> Schema:
    """Describe connectome/synapses.parquet, given the organelles beside junctions."""
    distances = tuple(
        Field(
            f"{organelle}_{side}_nm",
            "float64",
            "nm",
            f"From the middle to the {side} cell's nearest {organelle}; NaN if none.",
        )
        for organelle in organelles
        for side in ("pre", "post")
    )
    return Schema(
        "connectome_synapses",
        "One row per candidate of a synapse, whatever its probability.",
        ("synapse",),
        (
            Field("synapse", "uint64", "", "Id, numbered by the first voxel from 1."),
            Field("pre", "uint64", "", "Presynaptic cell, the likelier one."),
            Field("post", "uint64", "", "Postsynaptic cell."),
            Field(
                "p_direction", "float64", "", "Probability of this direction, >= 0.5."
            ),
            Field("p_synaptic", "float64", "", "Probability that it is a synapse."),
            Field(
                "p_excitatory",
                "float64",
                "",
                "Probability that it is excitatory; NaN without a classifier.",
            ),
            Field("method", "string", "", "What the probabilities rest on."),
            Field("sign", "int8", "", "-1 inhibitory, 1 excitatory, 0 unknown."),
            Field(
                "sym_ratio", "float64", "", "sym / (sym + asym) voxels; NaN if none."
            ),
            Field("sym_fraction", "float64", "", "Voxels of symmetric type over all."),
            Field(
                "asym_fraction", "float64", "", "Voxels of asymmetric type over all."
            ),
            Field("area_um2", "float64", "µm²", "Area, of the side that shows more."),
            Field(
                "voxel_count", "int64", "voxel", "Voxels of junction in the contact."
            ),
            Field("junction", "uint64", "", "Junction object with most of its voxels."),
            Field("junction_share", "float64", "", "Share of its junction it holds."),
            Field("supervoxel_pre", "uint64", "", "Presynaptic supervoxel."),
            Field("supervoxel_post", "uint64", "", "Postsynaptic supervoxel."),
            *zyx_fields(
                "", "vx", "int64", "{axis} of its voxel nearest to its centroid."
            ),
            *zyx_fields("", "nm", "float64", "{axis} of the middle of this voxel."),
            *distances,
        ),
    )


SYNAPSES = synapse_schema()

EXPECTED_FIELDS = (
    Field("expected_count", "float64", "", "Expected synapses, of all candidates."),
    Field("variance", "float64", "", "Variance of their number."),
    Field("p_any", "float64", "", "Probability that there is any."),
    Field("expected_area_um2", "float64", "µm²", "Their expected area."),
)

EDGES = Schema(
    "edges",
    "One row per directed pair of cells with a synapse whose reality and direction are "
    "likely.",
    ("pre", "post"),
    (
        Field("pre", "uint64", "", "Presynaptic cell."),
        Field("post", "uint64", "", "Postsynaptic cell."),
        Field("synapse_count", "int64", "", "Synapses of this direction."),
        Field("area_um2", "float64", "µm²", "Their summed area."),
        Field("sign", "int8", "", "Sign of the larger summed area; 0 unknown or even."),
        Field("p_direction", "float64", "", "Mean probability of their direction."),
        Field("p_synaptic", "float64", "", "Mean probability of being synapses."),
        *EXPECTED_FIELDS,
    ),
)

EXPECTED_EDGES = Schema(
    "expected_edges",
    "One row per directed pair of cells with a candidate, however unlikely.",
    ("pre", "post"),
    (
        Field("pre", "uint64", "", "Presynaptic cell."),
        Field("post", "uint64", "", "Postsynaptic cell."),
        Field("candidate_count", "int64", "", "Candidates between them."),
        *EXPECTED_FIELDS,
    ),
)

THRESHOLDS = Schema(
    "thresholds",
    "One row per threshold of p_synaptic: the connectome that it leaves.",
    ("threshold",),
    (
        Field("threshold", "float64", "", "Least p_synaptic of synapses."),
        Field("synapse_count", "int64", "", "Synapses kept."),
        Field("edge_count", "int64", "", "Directed pairs of cells kept."),
        Field("expected_precision", "float64", "", "Of them, by their probabilities."),
        Field("expected_recall", "float64", "", "Of them, by all probabilities."),
    ),
)


def cell_schema(organelles: Sequence[str] = USUAL) -> Schema:
    """Describe connectome/cells.parquet, given the organelles beside junctions."""
    held = tuple(
        field
        for organelle in organelles
        for field in (
            Field(f"{organelle}_count", "int64", "", f"Objects ({organelle}) mapped."),
            Field(f"{organelle}_volume_um3", "float64", "µm³", "Their volume."),
        )
    )
    return Schema(
        "cells",
        "One row per cell.",
        ("cell",),
        (
            Field("cell", "uint64", "", "Id."),
            Field("supervoxel_count", "int64", "", "Supervoxels it is made of."),
            Field("voxel_count", "int64", "voxel", "Its voxels."),
            Field("volume_um3", "float64", "µm³", "Its volume."),
            *zyx_fields(
                "start_", "vx", "int64", "First voxel of its box along {axis}."
            ),
            *zyx_fields("stop_", "vx", "int64", "End of its box along {axis}."),
            *zyx_fields(
                "", "vx", "int64", "{axis} of a voxel of its largest supervoxel."
            ),
            *zyx_fields("", "nm", "float64", "{axis} of the middle of this voxel."),
            Field(
                "touches_border", "bool", "", "Whether its box ends at the dataset's."
            ),
            *held,
            Field("contact_partner_count", "int64", "", "Cells it touches."),
            Field("contact_area_um2", "float64", "µm²", "Area of its contacts."),
            Field("synapses_in", "int64", "", "Synapses it receives."),
            Field("synapses_out", "int64", "", "Synapses it makes."),
            Field("synapse_area_in_um2", "float64", "µm²", "Area of those received."),
            Field("synapse_area_out_um2", "float64", "µm²", "Area of those made."),
        ),
    )


CELLS = cell_schema()
