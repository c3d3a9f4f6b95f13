"""Tables of meshes."""

from neuropil.schemas.base import Field, Schema, zyx_fields

MESHES = Schema(
    "meshes",
    "Meshes of cells, or of other objects, in a bucket.",
    ("id",),
    (
        Field("id", "uint64", "", "Cell, or object."),
        Field("vertex_count", "int64", "", "Vertices of its mesh."),
        Field("face_count", "int64", "", "Triangles of its mesh."),
        Field("area_um2", "float64", "um2", "Area of its surface."),
        Field(
            "volume_um3",
            "float64",
            "um3",
            "Volume that its surface encloses; NaN if open.",
        ),
        Field("is_closed", "bool", "", "Triangles meet at every edge."),
        *zyx_fields("start_", "nm", "float64", "Least {axis} of its vertices."),
        *zyx_fields("stop_", "nm", "float64", "Largest {axis} of its vertices."),
    ),
)

SHEET_AREAS = Schema(
    "sheet_areas",
    "One row per synapse, or contact: its area by lines, and by its mesh.",
    ("id",),
    (
        Field("id", "uint64", "", "Synapse, or contact."),
        Field("area_um2", "float64", "µm²", "Area by lines, as in its own table."),
        Field("half_area_um2", "float64", "µm²", "Half of its mesh's area: one side."),
        Field("mesh_area_um2", "float64", "µm²", "Area of its mesh; NaN if none."),
        Field("volume_um3", "float64", "µm³", "Volume it encloses; NaN if open."),
        Field("is_closed", "bool", "", "Triangles of the mesh meet at every edge."),
    ),
)
