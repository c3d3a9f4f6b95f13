"""Tables of the evaluation: what was found, missed and wrong, item by item."""

from neuropil.schemas.base import Field, Schema, zyx_fields
from neuropil.schemas.connectome import THRESHOLDS

OUTCOME = Field("outcome", "string", "", "true (matched), missed, false or ignored.")
PLACE = zyx_fields("", "nm", "float64", "Place of the true item, or of the false one.")


def both_sides(name: str, dtype: str, unit: str, description: str) -> tuple:
    """Two columns, one of the truth and one of the prediction."""
    return tuple(
        Field(f"{side}_{name}", dtype, unit, description.format(side=text))
        for side, text in (("truth", "true"), ("predicted", "predicted"))
    )


CELL_MATCHES = Schema(
    "cell_matches",
    "Which true cell each predicted cell is.",
    ("cell",),
    (
        Field("cell", "uint64", "", "Predicted cell."),
        Field(
            "truth_cell", "uint64", "", "True cell with most of its voxels; 0 = none."
        ),
        Field("fraction", "float64", "", "Fraction of its voxels in that true cell."),
        Field("voxel_count", "int64", "voxel", "Size of the predicted cell."),
        Field("main", "bool", "", "The largest predicted cell of that true cell."),
    ),
)

COMPONENTS = Schema(
    "components",
    "Connected parts of true cells (26 neighbours), by their labels in a volume.",
    ("label",),
    (
        Field("label", "uint64", "", "Label in evaluation/components.h5."),
        Field("component", "uint64", "", "The least label of the same part."),
        Field("cell", "uint64", "", "Its true cell."),
    ),
)

SHARES = Schema(
    "shares",
    "Voxels that supervoxels share with true cells.",
    ("supervoxel", "cell", "component"),
    (
        Field("supervoxel", "uint64", "", "Supervoxel; 0 is none."),
        Field("cell", "uint64", "", "True cell; 0 is none."),
        Field("component", "uint64", "", "Connected part of that cell; 0 is none."),
        Field("voxel_count", "uint64", "voxel", "Voxels that both hold."),
        Field("inner_count", "uint64", "voxel", "Those not at the true cell's border."),
    ),
)

SWEEP = Schema(
    "segmentation",
    "How good the cells are that edges make, by the least score that joins.",
    ("threshold",),
    (
        Field("threshold", "float64", "", "Least score of an edge that joins."),
        Field("cell_count", "int64", "", "Segments that hold true cells."),
        Field("voi_split", "float64", "bit", "Entropy of segments, given the cell."),
        Field("voi_merge", "float64", "bit", "Entropy of cells, given the segment."),
        Field("adapted_rand_error", "float64", "", "1 - F1 of pairs of voxels."),
        *(
            Field(f"{name}_{against}", dtype, unit, f"The same {how}.")
            for against, how in (
                ("components", "against connected parts of cells"),
                ("neurons", "against those of cells that are no glia; or NaN"),
                ("labelled", "over all voxels that both label, borders too"),
            )
            for name, dtype, unit in (
                ("voi_split", "float64", "bit"),
                ("voi_merge", "float64", "bit"),
                ("adapted_rand_error", "float64", ""),
            )
        ),
        Field("erl_um", "float64", "µm", "Expected run length on true skeletons,"),
        Field(
            "erl_limit_um", "float64", "µm", "and that of cells without errors; or NaN."
        ),
    ),
)

BOUNDARIES = Schema(
    "boundaries",
    "Voxels of a chunk at borders of cells, and those near to the other side's.",
    (),
    (
        Field("predicted_count", "int64", "voxel", "At a predicted border."),
        Field("predicted_right", "int64", "voxel", "Those near to a true border."),
        Field("truth_count", "int64", "voxel", "At a true border."),
        Field("truth_found", "int64", "voxel", "Those near to a predicted border."),
    ),
)

SEAMS = Schema(
    "seams",
    "Where a supervoxel in a true cell meets another one, or another true cell.",
    ("supervoxel_a", "cell_a", "supervoxel_b", "cell_b"),
    (
        Field("supervoxel_a", "uint64", "", "One supervoxel, of the smaller id."),
        Field("cell_a", "uint64", "", "True cell that this side is in."),
        Field("supervoxel_b", "uint64", "", "The other supervoxel, or the same."),
        Field("cell_b", "uint64", "", "True cell that the other side is in."),
        Field("face_count", "int64", "", "Faces between their voxels."),
        Field("map_value", "int64", "", "Least value of the map at one, 0 to 255."),
        Field("order", "uint64", "", "Of several such faces, the least in this order."),
        Field("face", "uint64", "", "That face: 3 x index of its lower voxel + axis."),
    ),
)

WORST_CELLS = Schema(
    "worst_cells",
    "True cells that are torn, and segments that hold two, the worst first.",
    (),
    (
        Field("kind", "string", "", "split or merge."),
        Field("whole", "uint64", "", "True cell that is torn, or segment of several."),
        Field("part", "uint64", "", "Segment torn off, or true cell merged: smaller."),
        Field("other_part", "uint64", "", "Largest one that it meets in the whole."),
        Field("voxel_count", "int64", "voxel", "Voxels of the part in the whole."),
        Field("other_voxel_count", "int64", "voxel", "Those of the other part."),
        Field("supervoxel_a", "uint64", "", "Supervoxels at the place: what a"),
        Field("supervoxel_b", "uint64", "", "correction names; if equal, none helps."),
        Field("score", "float64", "", "Of the edge between these two; NaN if none."),
        Field("face_count", "int64", "", "Faces between them, in these true cells."),
        Field("normal", "string", "", "Axis along which they meet at the place."),
        *zyx_fields("", "vx", "int64", "Voxel at the place, before the face, {axis}."),
        *zyx_fields("", "nm", "float64", "Middle of this voxel, {axis}."),
    ),
)

SYNAPSE_MATCHES = Schema(
    "synapse_matches",
    "True and predicted synapses, matched one to one; 0 where a side is not there.",
    ("truth_synapse", "outcome", "predicted_synapse"),
    (
        OUTCOME,
        Field("reason", "string", "", "Why it was missed or is false."),
        *both_sides("synapse", "uint64", "", "The {side} synapse (or the nearest)."),
        *both_sides("pre", "uint64", "", "True id of the {side} presynaptic cell."),
        *both_sides("post", "uint64", "", "True id of the {side} postsynaptic cell."),
        *both_sides("sign", "int8", "", "The {side} sign: 1, -1, or 0 = unknown."),
        *both_sides("area_um2", "float64", "um2", "The {side} area."),
        Field("distance_nm", "float64", "nm", "Between the two; infinite if just one."),
        *PLACE,
    ),
)

OVERLAPS = Schema(
    "truth_overlaps",
    "Voxels that true and predicted objects of one organelle share.",
    ("truth", "object"),
    (
        Field("truth", "uint64", "", "True object; 0 = background."),
        Field("object", "uint64", "", "Predicted object; 0 = background."),
        Field("voxel_count", "int64", "voxel", "Voxels with both ids."),
    ),
)

ORGANELLE_MATCHES = Schema(
    "organelle_matches",
    "True and predicted objects of one organelle, matched at IoU >= 0.5.",
    ("truth", "object"),
    (
        OUTCOME,
        Field("truth", "uint64", "", "True object; 0 = none."),
        Field("object", "uint64", "", "Predicted object; 0 = none."),
        Field("iou", "float64", "", "Intersection over union (the best, if no match)."),
        Field("truth_voxel_count", "int64", "voxel", "Size of the true object."),
        Field("object_voxel_count", "int64", "voxel", "Size of the predicted object."),
        Field("truth_cell", "uint64", "", "Cell of the true object; 0 = none."),
        Field(
            "truth_other_cell", "uint64", "", "Second cell of a true junction; or 0."
        ),
        Field("object_cell", "uint64", "", "True id of the predicted object's cell."),
        *PLACE,
    ),
)

EDGE_MATCHES = Schema(
    "edge_matches",
    "True and predicted directed connections, matched one to one.",
    ("pre", "post", "outcome", "predicted_synapse_count", "predicted_area_um2"),
    (
        OUTCOME,
        Field("pre", "uint64", "", "True id of the presynaptic cell; 0 = none."),
        Field("post", "uint64", "", "True id of the postsynaptic cell; 0 = none."),
        *both_sides("synapse_count", "int64", "", "Number of {side} synapses."),
        *both_sides(
            "area_um2", "float64", "um2", "Summed area of the {side} synapses."
        ),
        *both_sides("sign", "int8", "", "The {side} sign: 1, -1, or 0 = unknown."),
    ),
)

CONTACT_AREAS = Schema(
    "contact_areas",
    "True and predicted contact area of each pair of cells.",
    ("cell_a", "cell_b"),
    (
        Field("cell_a", "uint64", "", "True id of one cell; 0 = none."),
        Field("cell_b", "uint64", "", "True id of the other cell, not smaller."),
        *both_sides("area_um2", "float64", "um2", "The {side} contact area."),
        Field("error_um2", "float64", "um2", "Predicted minus true area."),
    ),
)

BRANCH_MATCHES = Schema(
    "branch_matches",
    "Branches of true and of predicted skeletons that are longer than 500 nm.",
    ("truth_cell", "side", "z_nm", "y_nm", "x_nm"),
    (
        Field("truth_cell", "uint64", "", "The true cell, or that it stands for."),
        Field("side", "string", "", "truth or predicted: whose branch it is."),
        Field("outcome", "string", "", "true (near to the other side), missed, false."),
        Field("length_nm", "float64", "nm", "Its length in the volume, without soma."),
        Field("near_share", "float64", "", "Share of it near to the other side."),
        *zyx_fields("", "nm", "float64", "A place half way along it, {axis}."),
    ),
)

THRESHOLD_SCORES = Schema(
    "threshold_scores",
    "One row per threshold of p_synaptic: what it leaves, and how right that is.",
    ("threshold",),
    (
        *THRESHOLDS.fields,
        *(
            Field(f"{what}_{score}", "float64", "", f"{score.capitalize()} of {many}.")
            for what, many in (("synapse", "synapses"), ("edge", "directed edges"))
            for score in ("precision", "recall", "f1")
        ),
    ),
)
