"""Table of objects that the phantom's probability maps show though there are none."""

from neuropil.schemas.base import Field, Schema, zyx_fields

FALSE_OBJECTS = Schema(
    name="phantom_false_objects",
    description="Objects planted in the phantom's maps where the tissue has none.",
    keys=("role", "object"),
    fields=(
        Field("role", "string", "", "Map that shows it: sj, vc or mi."),
        Field("object", "uint64", "", "Number of the object within its role, from 1."),
        *zyx_fields("", "nm", "float64", "Centre along {axis}."),
        Field("radius_nm", "float64", "nm", "Radius of the ball it fills in its cell."),
        Field("cell_index", "uint64", "", "Index of the cell it lies in."),
        Field("other_index", "uint64", "", "Cell across the junction; 0 for vc, mi."),
        Field("asymmetric", "float64", "", "Share of asym in a junction; else 0."),
    ),
)
