"""Tables of supervoxels: what a chunk holds of each, and their sums."""

from neuropil.schemas.base import Field, Schema, zyx_fields

SUPERVOXEL = Field("supervoxel", "uint64", "", "Supervoxel.")
VOXEL_COUNT = Field("voxel_count", "int64", "voxel", "Number of voxels.")
BOUNDS = (
    *zyx_fields("start_", "vx", "int64", "First voxel along {axis}."),
    *zyx_fields("stop_", "vx", "int64", "One past the last voxel along {axis}."),
)

PARTIAL_SUPERVOXELS = Schema(
    "partial_supervoxels",
    "What a chunk holds of each supervoxel.",
    ("supervoxel",),
    (
        SUPERVOXEL,
        VOXEL_COUNT,
        *BOUNDS,
        Field("depth", "int64", "", "Depth of its deepest voxel on a coarse lattice."),
        Field("index", "uint64", "", "Linear index of that voxel, or of the first."),
    ),
)
SUPERVOXELS = Schema(
    "supervoxels",
    "Supervoxels of the dataset.",
    ("supervoxel",),
    (
        SUPERVOXEL,
        VOXEL_COUNT,
        *BOUNDS,
        *zyx_fields("", "vx", "int64", "A voxel inside of it, its {axis} coordinate."),
    ),
)
