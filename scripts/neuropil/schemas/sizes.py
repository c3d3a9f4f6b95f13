"""Tables of synapses that users bring, and statistics of sizes of synapses."""

from collections.abc import Sequence

from neuropil.schemas.base import Field, Schema, zyx_fields

#: Columns of a table from elsewhere, named as in connectome/synapses.parquet.
KNOWN = (
    Field("synapse", "uint64", "", "Id, the table's own or its row from 1."),
    Field("pre", "uint64", "", "Presynaptic cell."),
    Field("post", "uint64", "", "Postsynaptic cell."),
    Field("pre_name", "string", "", "How the table calls it, if by a name."),
    Field("post_name", "string", "", "How the table calls it, if by a name."),
    Field("sign", "int8", "", "-1 inhibitory, 1 excitatory, 0 unknown."),
    Field("area_um2", "float64", "µm²", "Area; NaN if unknown."),
    Field("volume_um3", "float64", "µm³", "Volume; NaN if unknown."),
    Field("voxel_count", "int64", "voxel", "Voxels; 0 if unknown."),
    *zyx_fields("", "nm", "float64", "{axis} of its place."),
)


def given_schema(columns: Sequence[str]) -> Schema:
    """Describe tables/<table>.parquet: those columns that the table has."""
    named = {field.name for field in KNOWN}
    further = tuple(
        Field(name, "float64", "", "As the config names it; NaN if unknown.")
        for name in sorted(set(columns) - named)
    )
    return Schema(
        "given_synapses",
        "One row per synapse of a table from elsewhere.",
        ("synapse",),
        (*(field for field in KNOWN if field.name in columns), *further),
    )


GIVEN_SYNAPSES = given_schema([field.name for field in KNOWN])

SIZE_STATISTICS = Schema(
    "size_statistics",
    "Statistics of the sizes of synapses, and of how many a pair of cells has.",
    ("group", "part", "quantity", "level"),
    (
        Field("group", "string", "", "all, or synapses of one sign."),
        Field(
            "part",
            "string",
            "",
            "counts, distribution, log_normal, mixture, pairs, correlation, numbers "
            "or touching.",
        ),
        Field("quantity", "string", "", "What is measured."),
        Field(
            "level",
            "float64",
            "",
            "Which percentile, or pairs of how many synapses; NaN of others.",
        ),
        Field("value", "float64", "as in unit", "Its value."),
        Field("unit", "string", "", "Unit; ln(u) are logarithms of sizes in unit u."),
        Field("error", "float64", "as in unit", "Standard error; NaN if not known."),
        Field("count", "int64", "", "Synapses, or pairs of them, behind the value."),
        Field("expected", "float64", "as in unit", "Mean after shuffling; or NaN."),
        Field("low", "float64", "as in unit", "2.5th percentile after shuffling."),
        Field("high", "float64", "as in unit", "97.5th percentile after shuffling."),
        Field("p", "float64", "", "Chance of so large a value by shuffling; or NaN."),
    ),
)

SYNAPSE_PANELS = Schema(
    "synapse_panels",
    "What the figure of synapses shows, panel by panel.",
    ("panel", "name", "lower"),
    (
        Field("panel", "string", "", "sizes, pairs or correlation."),
        Field("name", "string", "", "Which bar or bin."),
        Field("lower", "float64", "", "Lower end of the bin; synapses of the pairs."),
        Field("upper", "float64", "", "Upper end of the bin; NaN of other panels."),
        Field("value", "float64", "", "Synapses, pairs or coefficient that was found."),
        Field("expected", "float64", "", "By the log-normal fit, or by shuffling."),
        Field("mixture", "float64", "", "By the mixture of two; NaN of other panels."),
        Field("low", "float64", "", "2.5th percentile after shuffling; or NaN."),
        Field("high", "float64", "", "97.5th percentile after shuffling; or NaN."),
    ),
)
