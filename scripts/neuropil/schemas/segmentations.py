"""Tables of the comparison of another segmentation with the cells of a dataset."""

from neuropil.schemas.base import Field, Schema

SEGMENT = Field("segment", "uint64", "", "Label in the other segmentation.")

OVERLAPS = Schema(
    "segmentation_overlaps",
    "Voxels that cells share with the labels of another segmentation, of a chunk.",
    ("cell", "segment"),
    (
        Field("cell", "uint64", "", "Cell."),
        SEGMENT,
        Field("voxel_count", "uint64", "voxel", "Voxels that both label so."),
    ),
)

NODES = Schema(
    "segmentation_nodes",
    "Labels of another segmentation at the nodes of skeletons, of a chunk.",
    ("cell", "node"),
    (
        Field("cell", "uint64", "", "Cell."),
        Field("node", "int64", "", "Node of its skeleton, a row of it."),
        SEGMENT,
        Field("is_inside", "bool", "", "Whether the node lies in a voxel of its cell."),
    ),
)
