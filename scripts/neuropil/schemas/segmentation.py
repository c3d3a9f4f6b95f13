"""Tables of supervoxels that are made from a map: the edges between them."""

from neuropil.schemas.base import Field, Schema

BINS = 16  # of the map's values, 0 to 255
PAIR = ["supervoxel_a", "supervoxel_b"]
SUPERVOXELS = (
    Field("supervoxel_a", "uint64", "", "One supervoxel, of the smaller id."),
    Field("supervoxel_b", "uint64", "", "The other supervoxel."),
)
FACES = tuple(
    Field(
        f"faces_{axis}", "int64", "", f"Faces between their voxels, normal to {axis}."
    )
    for axis in "zyx"
)
BIN_COUNTS = tuple(
    Field(f"bin_{k}", "int64", "", f"Faces whose value is in bin {k} of {BINS}.")
    for k in range(BINS)
)

PARTIAL_EDGES = Schema(
    "partial_edges",
    "What a chunk holds of the faces between two supervoxels: sums, which add up.",
    tuple(PAIR),
    (
        *SUPERVOXELS,
        *FACES,
        Field("map_sum", "int64", "", "Sum of the map over faces, 0 to 255 each."),
        *BIN_COUNTS,
    ),
)
EDGES = Schema(
    "edges",
    "Supervoxels that touch, and how much of a membrane is between them.",
    tuple(PAIR),
    (
        *SUPERVOXELS,
        *FACES,
        Field("area_um2", "float64", "µm²", "Area of these faces."),
        Field("mean", "float64", "", "Mean of the map over faces, 0 to 1."),
        *(
            Field(f"q{share}", "float64", "", f"The map's {share} % quantile there.")
            for share in (20, 50, 80)
        ),
        Field("score", "float64", "", "How surely they are one cell, 0 to 1."),
    ),
)
OF_EDGES = (
    *(
        Field(f"share_to_{k}", "float32", "", f"Share of faces in bins 0 to {k}.")
        for k in range(BINS - 1)
    ),
    Field("mean", "float32", "", "Mean of the map over faces, 0 to 1."),
    Field("area", "float32", "", "Natural logarithm of their area in µm²."),
    Field("share_z", "float32", "", "Share of their area that is normal to z."),
    Field("volume_small", "float32", "", "Logarithm of the smaller volume in µm³."),
    Field("volume_large", "float32", "", "Logarithm of the larger volume in µm³."),
    Field("relative_area", "float32", "", "area - 2 / 3 volume_small."),
)
SEEN = tuple(field.name for field in OF_EDGES)
FEATURES = Schema(
    "features",
    "Edges between supervoxels as a model of edges sees them.",
    tuple(PAIR),
    (*SUPERVOXELS, Field("weight", "int64", "", "Number of faces."), *OF_EDGES),
)
LABELLED_EDGES = Schema(
    "labelled_edges",
    "Edges between supervoxels as a model sees them, and what the truth says of them.",
    tuple(PAIR),
    (
        *FEATURES.fields,
        Field("joined", "bool", "", "Whether both lie mostly in the same true cell."),
    ),
)
SCORES = Schema(
    "scores",
    "What a trained model says of edges between supervoxels.",
    tuple(PAIR),
    (
        *SUPERVOXELS,
        Field("score", "float64", "", "Probability that both are of one cell, 0 to 1."),
    ),
)
JOINS = Schema(
    "joins",
    "Groups of supervoxels that are joined, one after the other, best first.",
    (),
    (
        Field("supervoxel_a", "uint64", "", "Smallest supervoxel of one group."),
        Field("supervoxel_b", "uint64", "", "Smallest supervoxel of the other group."),
        Field("score", "float64", "", "Least score of a join up to this one, 0 to 1."),
    ),
)
