"""Labels of candidates of synapses, by people or by the truth."""

from neuropil.schemas.base import Field, Schema

LABELS = Schema(
    "synapse_labels",
    "One row per candidate that a person, or the truth, has judged.",
    ("synapse",),
    (
        Field("synapse", "uint64", "", "Candidate."),
        Field("is_synaptic", "bool", "", "Whether it is a synapse."),
        Field(
            "first_is_pre", "float64", "", "1: cell a is presynaptic, 0: b; NaN open."
        ),
        Field("sign", "int8", "", "-1 inhibitory, 1 excitatory, 0 unknown."),
        Field("split", "string", "", "As the table says it; empty if it does not."),
        Field("distance_nm", "float64", "nm", "From the place that was labelled."),
        Field(
            "source_row", "int64", "", "Row of the table, its header is 1; 0: truth."
        ),
    ),
)
