"""Tables of the numbers that figures show, saved beside them."""

from neuropil.schemas.base import Field, Schema, zyx_fields

SLICE_FRACTIONS = Schema(
    "slice_fractions",
    "What part of each drawn slice a class covers.",
    ("axis", "position_nm", "name"),
    (
        Field("axis", "string", "", "Normal of the slice: z, y or x."),
        Field("position_nm", "float64", "nm", "Where the slice cuts this axis."),
        Field("name", "string", "", "Class, or cells."),
        Field("fraction", "float64", "", "Part of the slice's pixels."),
    ),
)

STAGES = Schema(
    "stages",
    "What the picture of the stages shows.",
    ("name",),
    (
        Field("name", "string", "", "raw, membrane, supervoxels or cells."),
        Field(
            "mean",
            "float64",
            "",
            "Mean value; of labels, the part they cover.",
        ),
        Field("count", "int64", "", "Labels in the picture; 0 of raw and membrane."),
    ),
)

DOUBTS = Schema(
    "doubts",
    "What lies as it can hardly be right: the largest of every kind.",
    ("kind", "number"),
    (
        Field("kind", "string", "", "What is doubtful."),
        Field("number", "int64", "", "From 1, the largest of the kind."),
        Field("count", "int64", "", "All that there are of the kind."),
        Field("organelle", "string", "", "Of which it is an object; empty for cells."),
        Field("id", "uint64", "", "Cell, or object."),
        Field("voxel_count", "int64", "voxel", "Its voxels."),
        *zyx_fields("", "vx", "int64", "{axis} of a voxel inside of it."),
        Field("start_z_vx", "int64", "voxel", "Its first section."),
        Field("stop_z_vx", "int64", "voxel", "One past its last section."),
        Field("remark", "string", "", "In words."),
    ),
)

SHOWN_CELLS = Schema(
    "shown_cells",
    "The largest cells that have a mesh.",
    ("place",),
    (
        Field("place", "int64", "", "From 1, the largest."),
        Field("cell", "uint64", "", "Cell."),
        Field("volume_um3", "float64", "µm³", "Volume of its voxels."),
        Field("volume_share", "float64", "", "Its share of the volume of all cells."),
    ),
)

CELLS_BY_THRESHOLD = Schema(
    "cells_by_threshold",
    "What other thresholds of the agglomeration would make of the supervoxels.",
    ("threshold",),
    (
        Field("threshold", "float64", "", "Least score of what joins."),
        Field("is_chosen", "bool", "", "Whether it is the run's."),
        Field("cell_count", "int64", "", "Cells."),
        Field("inner_count", "int64", "", "Cells that reach no face of the dataset."),
        Field("inner_share", "float64", "", "Their share of the voxels of all cells."),
        Field("largest_share", "float64", "", "The same of the largest cell."),
        Field("half_count", "int64", "", "Largest cells that hold half of the voxels."),
    ),
)

MATRIX_EDGES = Schema(
    "matrix_edges",
    "Connections as the matrix shows them.",
    ("row", "column"),
    (
        Field("row", "int64", "", "Row of the presynaptic cell, from the top."),
        Field("column", "int64", "", "Column of the postsynaptic cell."),
        Field("pre", "uint64", "", "Presynaptic cell."),
        Field("post", "uint64", "", "Postsynaptic cell."),
        Field("pre_type", "string", "", "Type of the presynaptic cell, if known."),
        Field("post_type", "string", "", "Type of the postsynaptic cell, if known."),
        Field("synapse_count", "int64", "", "Synapses of the connection."),
        Field("area_um2", "float64", "µm²", "Their summed area."),
        Field("sign", "int8", "", "1 asymmetric, -1 symmetric, 0 unknown."),
    ),
)

SIZE_HISTOGRAMS = Schema(
    "size_histograms",
    "Histograms of sizes, on a logarithmic axis.",
    ("name", "lower"),
    (
        Field("name", "string", "", "Kind of object, with the unit of its size."),
        Field("lower", "float64", "as in name", "Lower end of the bin."),
        Field("upper", "float64", "as in name", "Upper end of the bin."),
        Field("count", "int64", "", "Objects in the bin."),
        Field("expected", "float64", "", "Objects by the log-normal fit."),
    ),
)

MITOCHONDRION_DISTANCES = Schema(
    "mitochondrion_distances",
    "Synapses with their distance to the nearest presynaptic mitochondrion.",
    ("type", "group", "distance_nm", "area_um2"),
    (
        Field("type", "string", "", "Type of the presynaptic cell."),
        Field("group", "string", "", "small (up to the type's median area) or large."),
        Field("area_um2", "float64", "µm²", "Area of the synapse."),
        Field("distance_nm", "float64", "nm", "Distance to the mitochondrion."),
    ),
)

RULE_COSTS = Schema(
    "rule_costs",
    "Time and memory per rule.",
    ("rule",),
    (
        Field("rule", "string", "", "Rule."),
        Field("job_count", "int64", "", "Its jobs."),
        Field("seconds", "float64", "s", "Wall time of all jobs."),
        Field("cpu_seconds", "float64", "s", "Processor time of all jobs."),
        Field("longest_seconds", "float64", "s", "Wall time of the longest job."),
        Field("peak_mb", "float64", "MB", "Peak memory of the largest job."),
    ),
)

SEGMENTATION_CURVES = Schema(
    "segmentation_curves",
    "Scores of a segmentation by the least score of an edge that joins.",
    ("of", "name", "threshold"),
    (
        Field("of", "string", "", "What the score is of; empty for all cells."),
        Field("name", "string", "", "The score; voi_sum is that of split and merge."),
        Field("threshold", "float64", "", "Least score of an edge that joins."),
        Field("value", "float64", "bit, of voi", "The score there."),
    ),
)

CLASSIFIER_PANELS = Schema(
    "classifier_panels",
    "What the panels about classifiers show: points, and lengths of bars.",
    ("panel", "target", "name", "number"),
    (
        Field("panel", "string", "", "reliability, precision, importance or labels."),
        Field("target", "string", "", "What is predicted: synaptic, direction, sign."),
        Field("name", "string", "", "Classifier, feature, or measure."),
        Field("number", "int64", "", "Bin, point, rank or sample, from 0."),
        Field("x", "float64", "nat, of features", "Along the horizontal axis."),
        Field("y", "float64", "", "Along the vertical axis."),
        Field("low", "float64", "", "Lower bound of 95 % of a share; else NaN."),
        Field("high", "float64", "", "Upper bound."),
        Field("count", "int64", "", "Cases in a bin of probability; else 0."),
    ),
)
