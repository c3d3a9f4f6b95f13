"""Tables of supervoxels that are made from a map: the edges between them."""

from neuropil.schemas.base import Field, Schema

PRODUCTS = ("zz", "yy", "xx", "zy", "zx", "yx")
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
PARTIAL_MOMENTS = Schema(
    "partial_moments",
    "Where voxels of a supervoxel (a = b), or faces between two (a < b), lie in a "
    "chunk: sums, which add up. Places are in half voxels; sums of products may wrap "
    "around, as those about a place nearby do not.",
    tuple(PAIR),
    (
        *SUPERVOXELS,
        Field("count", "int64", "", "Voxels, or faces."),
        *(Field(f"sum_{i}", "int64", "", f"Sum of places along {i}.") for i in "zyx"),
        *(
            Field(f"sum_{i}{j}", "int64", "", f"Sum of places along {i} times {j}.")
            for i, j in PRODUCTS
        ),
        Field("map_sum", "int64", "", "Sum of the map over voxels; 0 of faces."),
        *(
            Field(
                f"lean_{i}",
                "int64",
                "",
                f"Faces with a before b along {i}, less others.",
            )
            for i in "zyx"
        ),
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
SIDES = {"small": "smaller", "large": "larger"}
OF_SIDES = {
    "along": "Where faces are along the long axis of {}, in standard deviations.",
    "distance": "From the middle of {} to that of the faces, by its spread.",
    "aim": "|cos| between the long axis of {} and the line between the middles.",
    "slender": "Middle spread of {} by the largest.",
    "flat": "Least spread of {} by the middle one.",
    "width": "Logarithm of the cross section of {} in nm².",
    "opening": "Logarithm of the area of faces by the cross section of {}.",
    "map": "Mean of the map in {}, 0 to 1.",
}
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
    *(
        Field(f"{name}_{side}", "float32", "", text.format(f"the {which} supervoxel"))
        for side, which in SIDES.items()
        for name, text in OF_SIDES.items()
    ),
    Field("parallel", "float32", "", "|cos| of the angle between both long axes."),
    Field("straight", "float32", "", "cos of the bend from middle to face to middle."),
    Field("even", "float32", "", "Length of the mean of the faces' normals, 0 to 1."),
    Field("square", "float32", "", "Part of that along the line between the middles."),
    Field("face_length", "float32", "", "Logarithm of the spread of faces in nm²."),
    Field("face_width", "float32", "", "Middle spread of faces by the largest."),
    Field("face_depth", "float32", "", "Least spread of faces by the largest."),
    Field("apart", "float32", "", "Logarithm of the distance of the middles in nm."),
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
