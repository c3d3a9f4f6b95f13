"""Tables of whole cells: their shape, and where organelles lie along them."""

from collections.abc import Sequence

from neuropil.schemas.base import Field, Schema
from neuropil.schemas.connectome import USUAL

FACES = tuple(f"leaves_{end}_{axis}" for axis in "zyx" for end in ("low", "high"))


def shape_schema(organelles: Sequence[str] = USUAL) -> Schema:
    """Describe cells/shapes.parquet, given the organelles beside junctions."""
    densities = tuple(
        Field(f"{name}_per_um", "float64", "1/µm", f"Objects ({name}) per path length.")
        for name in organelles
    )
    return Schema(
        "shapes",
        "One row per cell: shape, completeness, and densities along its skeleton.",
        ("cell",),
        (
            Field("cell", "uint64", "", "Cell."),
            Field("path_length_um", "float64", "µm", "Cable of its skeleton."),
            Field("branch_count", "int64", "", "Nodes where branches meet."),
            Field("end_count", "int64", "", "Nodes where branches end."),
            Field("component_count", "int64", "", "Trees of its skeleton."),
            Field("max_radius_nm", "float64", "nm", "Its thickest node; NaN if none."),
            Field("has_soma", "bool", "", "Whether that is a soma (soma_radius_nm)."),
            Field("area_um2", "float64", "µm²", "Area of its mesh; NaN if none."),
            Field("volume_um3", "float64", "µm³", "Volume of its voxels."),
            Field("box_nm", "float64", "nm", "Diagonal of its bounding box."),
            *(
                Field(name, "bool", "", f"Leaves the dataset at its {name[7:]} face.")
                for name in FACES
            ),
            Field("is_whole", "bool", "", "Leaves the dataset nowhere."),
            Field("is_small", "bool", "", "Below min_path_um or min_box_nm."),
            Field("synapses_in_per_um", "float64", "1/µm", "Received per path length."),
            Field("synapses_out_per_um", "float64", "1/µm", "Made per path length."),
            *densities,
        ),
    )


SHAPES = shape_schema()

PLACES = Schema(
    "places",
    "One row per object of an organelle in a cell of the bucket that has a skeleton.",
    ("organelle", "object"),
    (
        Field("organelle", "string", "", "Its organelle."),
        Field("object", "uint64", "", "Object."),
        Field("cell", "uint64", "", "Its cell."),
        Field("node", "int64", "", "Nearest node of the cell's skeleton, a row of it."),
        Field("distance_nm", "float64", "nm", "From its middle voxel to that node."),
        Field("component", "int64", "", "Tree of the skeleton that the node is in."),
        Field("hub_nm", "float64", "nm", "Along the tree to its thickest node."),
        Field("soma_nm", "float64", "nm", "The same, if that is the soma; or NaN."),
        Field("volume_um3", "float64", "µm³", "Volume of the object."),
    ),
)

MYELIN = Schema(
    "myelin",
    "One row per node of the skeletons of a bucket.",
    ("cell", "node"),
    (
        Field("cell", "uint64", "", "Cell."),
        Field("node", "int64", "", "Node of its skeleton, a row of it."),
        Field("myelin_share", "float64", "", "Share of myelin around it."),
        Field("is_myelinated", "bool", "", "Whether most nodes near it are, by share."),
    ),
)
