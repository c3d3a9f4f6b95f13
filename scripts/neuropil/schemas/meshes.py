"""Table of meshes."""

from neuropil.schemas.base import Field, Schema, zyx_fields

MESHES = Schema(
    "meshes",
    "Meshes of cells, or of the objects of an organelle, in a bucket.",
    ("id",),
    (
        Field("id", "uint64", "", "Cell, or object."),
        Field("vertex_count", "int64", "", "Vertices of its mesh."),
        Field("face_count", "int64", "", "Triangles of its mesh."),
        Field("area_um2", "float64", "um2", "Area of its surface."),
        Field("volume_um3", "float64", "um3", "Volume that its surface encloses."),
        Field("is_closed", "bool", "", "Triangles meet at every edge."),
        *zyx_fields("start_", "nm", "float64", "Least {axis} of its vertices."),
        *zyx_fields("stop_", "nm", "float64", "Largest {axis} of its vertices."),
    ),
)
