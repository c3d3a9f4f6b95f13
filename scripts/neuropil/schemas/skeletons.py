"""Table of the skeletons of cells."""

from neuropil.schemas.base import Field, Schema, zyx_fields

SKELETONS = Schema(
    "skeletons",
    "Skeletons of cells; a cell without one is not listed.",
    ("cell",),
    (
        Field("cell", "uint64", "", "Cell."),
        Field("path_length_um", "float64", "um", "Length of its cable, in all."),
        Field("node_count", "int64", "", "Nodes."),
        Field("branch_count", "int64", "", "Nodes where branches meet."),
        Field("end_count", "int64", "", "Nodes where branches end."),
        Field("component_count", "int64", "", "Trees that could not be joined."),
        Field(
            "largest_share", "float64", "", "Share of the longest tree in the cable."
        ),
        *zyx_fields("start_", "nm", "float64", "Lowest {axis} of its nodes."),
        *zyx_fields("stop_", "nm", "float64", "Highest {axis} of its nodes."),
        Field("max_radius_nm", "float64", "nm", "Largest distance from its surface."),
    ),
)
