"""Tables of organelle instances: from basins of a chunk to objects mapped to cells."""

from neuropil.schemas.base import Field, Schema, zyx_fields

LABEL = Field("label", "uint32", "", "Label in the chunk's volume of basins.")
BASIN = Field("basin", "uint32", "", "Group of labels that belong together for sure.")
OBJECT = Field("object", "uint64", "", "Object, numbered by first voxel in z, y, x.")
SUPERVOXEL = Field("supervoxel", "uint64", "", "Supervoxel; 0 is none.")
VOXEL_COUNT = Field("voxel_count", "int64", "voxel", "Number of voxels.")
DEPTH = Field("depth", "int32", "", "Squared distance to background, capped, in units.")
BOUNDS = (
    *zyx_fields("start_", "vx", "int64", "First voxel along {axis}."),
    *zyx_fields("stop_", "vx", "int64", "One past the last voxel along {axis}."),
)
INSIDE = zyx_fields(
    "", "vx", "int64", "A voxel deep inside of the object, its {axis} coordinate."
)

FRAGMENTS = Schema(
    "fragments",
    "Which basin of a chunk each of its labels belongs to; others are background.",
    ("label",),
    (LABEL, BASIN),
)
BASINS = Schema(
    "basins",
    "Basins of a chunk: what grows into objects, or may.",
    ("basin",),
    (
        BASIN,
        VOXEL_COUNT,
        Field("seed_count", "int64", "voxel", "Voxels of its seed in this chunk."),
        Field("first_index", "uint64", "", "Linear index of its first voxel."),
        DEPTH,
        Field("deepest_index", "uint64", "", "Linear index of its deepest voxel."),
        Field("unfinished", "bool", "", "Whether it touches foreground elsewhere."),
    ),
)
SADDLES = Schema(
    "saddles",
    "Highest edges between basins of a chunk that may still join them.",
    ("basin_a", "basin_b"),
    (
        Field("basin_a", "uint32", "", "One basin."),
        Field("basin_b", "uint32", "", "The other basin."),
        Field("level", "int32", "", "Depth of the edge's lower voxel."),
        Field("index", "uint64", "", "Linear index of the lower voxel."),
        Field("top", "int32", "", "Depth of the edge's higher voxel."),
        Field("direction", "uint8", "", "Higher voxel: 0-2 is -z -y -x, 3-5 +x +y +z."),
    ),
)
RIM = Schema(
    "rim",
    "Voxels of a chunk that have a foreground neighbour in the next chunk.",
    ("direction", "index"),
    (
        Field("direction", "uint8", "", "Neighbour: 0-2 is -z -y -x, 3-5 +x +y +z."),
        Field("index", "uint64", "", "Linear index of the voxel."),
        BASIN,
        DEPTH,
    ),
)
LINKS = Schema(
    "links",
    "Object that each label of each chunk is part of; other labels are background.",
    ("chunk", "label"),
    (Field("chunk", "string", "", "Chunk."), LABEL, OBJECT),
)
SEEDED = Schema(
    "seeded",
    "Objects of a map.",
    ("object",),
    (OBJECT, VOXEL_COUNT, *INSIDE),
)
PARTIAL_OBJECTS = Schema(
    "partial_objects",
    "What a chunk holds of each object.",
    ("object",),
    (OBJECT, VOXEL_COUNT, *BOUNDS),
)
PARTIAL_POINTS = Schema(
    "partial_points",
    "What a chunk holds of each object, by supervoxel and bin of space.",
    ("object", "supervoxel", "bin_z", "bin_y", "bin_x"),
    (
        OBJECT,
        SUPERVOXEL,
        *(Field(f"bin_{a}", "int64", "", f"Bin along {a}.") for a in "zyx"),
        VOXEL_COUNT,
        *(Field(f"sum_{a}", "int64", "voxel", f"Sum of {a}.") for a in "zyx"),
    ),
)
OBJECTS = Schema(
    "objects",
    "Objects of an organelle's map.",
    ("object",),
    (OBJECT, VOXEL_COUNT, *BOUNDS, *INSIDE),
)
OVERLAPS = Schema(
    "overlaps",
    "Voxels that objects share with supervoxels.",
    ("object", "supervoxel"),
    (OBJECT, SUPERVOXEL, VOXEL_COUNT),
)
POINTS = Schema(
    "points",
    "Where the voxels of objects lie: means over small bins of space.",
    ("object", "supervoxel", "z_nm", "y_nm", "x_nm"),
    (
        OBJECT,
        SUPERVOXEL,
        *zyx_fields("", "nm", "float64", "Mean {axis} of the voxels' centres."),
        VOXEL_COUNT,
    ),
)
ORGANELLES = Schema(
    "organelles",
    "Organelles and the cells they belong to.",
    ("object",),
    (
        OBJECT,
        Field("cell", "uint64", "", "Cell that it belongs to; 0 is none."),
        Field(
            "cell_fraction",
            "float64",
            "",
            "Share of its voxels in the cell that holds most of it.",
        ),
        VOXEL_COUNT,
        Field("volume_um3", "float64", "µm³", "Volume."),
        *BOUNDS,
        *INSIDE,
        *zyx_fields("", "nm", "float64", "Centre of that voxel, {axis}."),
    ),
)
