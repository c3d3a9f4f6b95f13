"""Tables of the phantom's supervoxels and the edges between them."""

from neuropil.schemas.base import Field, Schema

PAIR = (
    Field("supervoxel_a", "uint64", "", "Smaller of the two supervoxels."),
    Field("supervoxel_b", "uint64", "", "Larger of the two supervoxels."),
)

FRAGMENT_COUNTS = Schema(
    name="phantom_fragment_counts",
    description="Voxels of supervoxels, and places where two of them meet, in a chunk.",
    keys=("supervoxel_a", "supervoxel_b"),
    fields=(
        *PAIR,
        Field(
            "count",
            "int64",
            "voxel",
            "Voxel steps between the two; voxels, where both are the same.",
        ),
    ),
)

AGGLOMERATION_EDGES = Schema(
    name="phantom_edges",
    description="Agglomeration edges: supervoxels that may belong to one cell.",
    keys=("supervoxel_a", "supervoxel_b"),
    fields=(*PAIR, Field("score", "float64", "", "How surely they belong together.")),
)
