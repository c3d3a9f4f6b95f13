"""The table that says which supervoxels make one cell."""

from neuropil.schemas.base import Field, Schema

MEMBERSHIP = Schema(
    "membership",
    "One row per supervoxel of the dataset.",
    ("supervoxel",),
    (
        Field("supervoxel", "uint64", "", "Supervoxel."),
        Field("cell", "uint64", "", "Its cell; 0 is none."),
    ),
)

SOMATA = Schema(
    "somata",
    "Supervoxels of somata, no two of which are in one cell.",
    ("supervoxel",),
    (
        Field("supervoxel", "uint64", "", "Supervoxel."),
        Field("soma", "uint64", "", "Its soma."),
    ),
)
