"""Tables of synapses, from fragments in a chunk to judged candidates."""

from neuropil.schemas.base import Field, Schema, zyx_fields
from neuropil.surface import DIRECTIONS

BEHIND = "supervoxel_behind"
CROSSINGS = tuple(f"crossings_{side}_{d}" for side in "ab" for d in DIRECTIONS)
PATCH = ("junction", "supervoxel_a", "supervoxel_b", BEHIND)
COUNTS = ("voxel_count", "sym_count", "asym_count", "typed_count", "sj_sum")

SUPERVOXEL_FIELDS = tuple(
    Field(f"supervoxel_{side}", "uint64", "", f"Supervoxel of side {side}.")
    for side in "ab"
)
COUNT_FIELDS = (
    Field("voxel_count", "int64", "voxel", "Voxels of junction within the contact."),
    Field("sym_count", "int64", "voxel", "Voxels of symmetric type."),
    Field("asym_count", "int64", "voxel", "Voxels of asymmetric type."),
    Field("typed_count", "int64", "voxel", "Voxels of any type."),
    Field("sj_sum", "int64", "", "Sum of the map of junctions (0 to 255) over them."),
)
CROSSING_FIELDS = tuple(
    Field(name, "int64", "", f"Lines along {d} that leave side {name[10]}.")
    for name, d in zip(CROSSINGS, 2 * DIRECTIONS)
)
BOX_FIELDS = (
    *zyx_fields(
        "start_", "vx", "int64", "First voxel of the bounding box along {axis}."
    ),
    *zyx_fields("stop_", "vx", "int64", "End of the bounding box along {axis}."),
)

FRAGMENTS = Schema(
    "synapse_fragments",
    "One row per piece of a junction in the contact of two supervoxels, in one block.",
    ("fragment",),
    (
        Field("fragment", "int64", "", "Number in the chunk, from 0."),
        *SUPERVOXEL_FIELDS,
        Field("junction", "uint64", "", "Junction object that the piece is of."),
        *COUNT_FIELDS,
        *BOX_FIELDS,
        *zyx_fields(
            "first_", "vx", "int64", "{axis} of the first voxel in scan order."
        ),
        *zyx_fields("sum_", "vx", "int64", "Sum of {axis} over the voxels."),
    ),
)

PATCHES = Schema(
    "synapse_patches",
    "One row per junction and pair of supervoxels that face each other in it.",
    PATCH,
    (
        Field("junction", "uint64", "", "Junction object."),
        *SUPERVOXEL_FIELDS,
        Field(BEHIND, "uint64", "", "What they meet if a, b are of one cell; 0: none."),
        *CROSSING_FIELDS,
    ),
)

FRAGMENT_VOXELS = Schema(
    "synapse_voxels",
    "One row per voxel of a fragment.",
    ("fragment", "z_vx", "y_vx", "x_vx"),
    (
        Field("fragment", "int64", "", "Number of the fragment in the chunk."),
        *zyx_fields("", "vx", "int32", "{axis} of the voxel."),
    ),
)

CANDIDATES = Schema(
    "synapse_candidates",
    "One row per candidate of a synapse: junction between two cells.",
    ("synapse",),
    (
        Field("synapse", "uint64", "", "Id, numbered by the first voxel from 1."),
        Field("cell_a", "uint64", "", "Cell with the smaller id."),
        Field("cell_b", "uint64", "", "Cell with the larger id."),
        *SUPERVOXEL_FIELDS,
        Field("supervoxel_pair_count", "int64", "", "Pairs of supervoxels it lies in."),
        Field("junction", "uint64", "", "Junction object with most of its voxels."),
        Field("junction_count", "int64", "", "Junction objects it is made of."),
        Field("junction_share", "float64", "", "Share of its junction that it holds."),
        *COUNT_FIELDS,
        Field("sym_ratio", "float64", "", "sym / (sym + asym) voxels; NaN if none."),
        Field("sign", "int8", "", "-1 inhibitory, 1 excitatory, 0 unknown."),
        *BOX_FIELDS,
        *zyx_fields("", "vx", "int64", "{axis} of its voxel nearest to its centroid."),
        *CROSSING_FIELDS,
    ),
)

SYNAPSE_POINTS = Schema(
    "synapse_points",
    "One row per candidate and bin of space: its voxels, thinned.",
    ("synapse", "z_nm", "y_nm", "x_nm"),
    (
        Field("synapse", "uint64", "", "Candidate."),
        *zyx_fields("", "nm", "float64", "Mean {axis} of its voxels in the bin."),
        Field("voxel_count", "int64", "voxel", "Its voxels in the bin."),
    ),
)

SYNAPSE_MEMBERS = Schema(
    "synapse_members",
    "Which candidate each fragment of each chunk is part of.",
    ("chunk", "fragment"),
    (
        Field("chunk", "string", "", "Chunk."),
        Field("fragment", "int64", "", "Number of the fragment in the chunk."),
        Field("synapse", "uint64", "", "Candidate."),
    ),
)

SYNAPSE_FEATURES = Schema(
    "synapse_features",
    "One row per candidate, organelle and radius: what either cell holds near it.",
    ("synapse", "organelle", "radius_nm"),
    (
        Field("synapse", "uint64", "", "Candidate."),
        Field("organelle", "string", "", "Kind of organelle."),
        Field("radius_nm", "float64", "nm", "Distance from any point of the synapse."),
        *(
            field
            for side in "ab"
            for field in (
                Field(
                    f"object_count_{side}",
                    "int64",
                    "",
                    f"Objects within the radius in cell {side}.",
                ),
                Field(
                    f"volume_{side}_um3",
                    "float64",
                    "µm³",
                    f"Their volume within the radius in cell {side}.",
                ),
                Field(
                    f"nearest_{side}_nm",
                    "float64",
                    "nm",
                    f"From the middle to the nearest in cell {side}; NaN if none.",
                ),
            )
        ),
    ),
)

DIRECTION = Schema(
    "synapse_direction",
    "One row per candidate: which cell is presynaptic, and whether it is a synapse.",
    ("synapse",),
    (
        Field("synapse", "uint64", "", "Candidate."),
        Field(
            "p_first_is_pre", "float64", "", "Probability that cell a is presynaptic."
        ),
        Field("p_synaptic", "float64", "", "Probability that it is a synapse."),
        Field(
            "p_excitatory",
            "float64",
            "",
            "Probability that a synapse is excitatory; NaN by the rule.",
        ),
        Field(
            "method",
            "string",
            "",
            "Organelles used, or classifier; none if the direction is open.",
        ),
    ),
)
