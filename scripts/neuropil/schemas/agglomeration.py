"""Tables of an agglomeration that is taken from a segmentation into cells."""

from neuropil.schemas.base import Field, Schema

SUPERVOXEL = Field("supervoxel", "uint64", "", "Id of a supervoxel.")

OVERLAPS = Schema(
    name="agglomeration_overlaps",
    description="Voxels that a supervoxel and a cell share in one chunk.",
    keys=("supervoxel", "cell"),
    fields=(
        SUPERVOXEL,
        Field("cell", "uint64", "", "Id of a cell, 0 outside of cells."),
        Field("voxel_count", "uint64", "voxel", "Voxels that both hold."),
    ),
)

AGGLOMERATION = Schema(
    name="agglomeration",
    description="The cell that holds most voxels of a supervoxel.",
    keys=("supervoxel",),
    fields=(
        SUPERVOXEL,
        Field("cell", "uint64", "", "Id of its cell, 0 if it belongs to none."),
        Field("voxel_count", "uint64", "voxel", "Voxels of the supervoxel."),
        Field("cell_voxel_count", "uint64", "voxel", "Those of them in the cell."),
    ),
)
