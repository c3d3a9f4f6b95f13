"""Tables of the phantom: the grown tissue, counts of its voxels, and its truth."""

from neuropil.schemas.base import Field, Schema, zyx_fields
from neuropil.schemas.phantom_fragments import AGGLOMERATION_EDGES

CELL = Field("cell", "uint64", "", "Id of the cell.")
CELL_INDEX = Field("cell_index", "int64", "", "Row of the cell in the tissue, from 1.")
SIGN = Field("sign", "int8", "", "1 asymmetric, -1 symmetric, 0 of no synapse.")
SHEATH = Field("sheath_nm", "float64", "nm", "Thickness of the myelin around.")
RADIUS = Field("radius_nm", "float64", "nm", "Radius.")
ONTO = Field("onto", "string", "", "What it sits on: head, shaft, soma or axon.")
VOXELS = Field("voxel_count", "int64", "voxel", "Its voxels in the volume.")
COMPARTMENT = Field(
    "compartment",
    "int64",
    "",
    "1 axon, 2 bouton, 3 dendrite, 4 spine neck, 5 spine head, 6 soma, 8 glia.",
)
NAMES = (
    Field("type", "string", "", "SPN, GP, STN, FS, LTS, AFF or AST (astrocyte)."),
    Field("kind", "string", "", "neuron, axon, dendrite (passing by) or glia."),
    SIGN,
    Field("whole", "bool", "", "Whether it has a cell body, not just a neurite."),
)
TISSUE_PLACE = zyx_fields("", "nm", "float64", "{axis}, before space is bent.")
PLACE = zyx_fields("", "nm", "float64", "Mean {axis} of its voxels.")

TISSUE = {
    "cells": Schema(
        "phantom_cells",
        "Cells of the tissue, in order of their index.",
        (),
        (CELL, *NAMES),
    ),
    "nodes": Schema(
        "phantom_nodes",
        "Nodes of the cells' skeletons, in their order.",
        (),
        (
            CELL_INDEX,
            Field("run", "int64", "", "Unbranched piece that the node is in."),
            Field("parent", "int64", "", "Row of the parent, -1 at a root."),
            *TISSUE_PLACE,
            RADIUS,
            SHEATH,
            COMPARTMENT,
        ),
    ),
    "organelles": Schema(
        "phantom_organelles",
        "Nodes of mitochondria (rods) and vesicle clouds (balls).",
        (),
        (
            Field("organelle", "string", "", "mi or vc."),
            Field("object", "int64", "", "Index of the object, from 1 per organelle."),
            Field("node", "int64", "", "Index of the node."),
            Field("parent", "int64", "", "Node at the rod's other end, -1 if none."),
            CELL_INDEX,
            *TISSUE_PLACE,
            RADIUS,
        ),
    ),
    "synapses": Schema(
        "phantom_synapses",
        "Synapses, in order of their index.",
        (),
        (
            Field("pre_index", "int64", "", "Index of the presynaptic cell."),
            Field("post_index", "int64", "", "Index of the postsynaptic cell."),
            *TISSUE_PLACE,
            Field("radius_nm", "float64", "nm", "Radius of the active zone."),
            SIGN,
            ONTO,
            Field("bouton", "int64", "", "Node of the bouton."),
            Field("size", "float64", "", "SDs from its type's mean log area."),
        ),
    ),
}

COUNTS = Schema(
    "phantom_counts",
    "Voxels of everything in one chunk; chunks add up to the volume.",
    ("item", "first", "second"),
    (
        Field(
            "item",
            "string",
            "",
            "cell, contact, sj, mi, vc, compartment, myelin or volume.",
        ),
        Field("first", "uint64", "", "Index of the item, or of the first cell."),
        Field("second", "uint64", "", "Index of a contact's second cell, else 0."),
        VOXELS,
        Field("sum_z_vx", "int64", "voxel", "Sum of the voxels' z."),
        Field("sum_y_vx", "int64", "voxel", "Sum of the voxels' y."),
        Field("sum_x_vx", "int64", "voxel", "Sum of the voxels' x."),
        Field("area_nm2", "int64", "nm²", "Area of a contact or active zone, else 0."),
    ),
)

TRUTH = {
    "cells": Schema(
        "truth_cells", "Cells in the volume.", ("cell",), (CELL, *NAMES, VOXELS)
    ),
    "skeletons": Schema(
        "truth_skeletons",
        "Skeletons of the cells in the volume; nodes may lie outside of it.",
        ("cell", "node"),
        (
            CELL,
            Field("node", "int64", "", "Number of the node."),
            Field("parent", "int64", "", "Number of the parent, -1 at a root."),
            *zyx_fields("", "nm", "float64", "{axis} of the node."),
            RADIUS,
            SHEATH,
            COMPARTMENT,
        ),
    ),
    "synapses": Schema(
        "truth_synapses",
        "Synapses in the volume.",
        ("synapse",),
        (
            Field("synapse", "uint64", "", "Id, as in the volume sj."),
            Field("pre", "uint64", "", "Presynaptic cell."),
            Field("post", "uint64", "", "Postsynaptic cell."),
            *PLACE,
            Field("area_um2", "float64", "µm²", "Area of the active zone."),
            SIGN,
            ONTO,
            VOXELS,
        ),
    ),
    "organelles": Schema(
        "truth_organelles",
        "Mitochondria and vesicle clouds in the volume.",
        ("organelle", "object"),
        (
            Field("organelle", "string", "", "mi or vc."),
            Field("object", "uint64", "", "Id, as in the volume of the organelle."),
            CELL,
            VOXELS,
            *PLACE,
        ),
    ),
    "contacts": Schema(
        "truth_contacts",
        "Pairs of cells that touch.",
        ("cell_a", "cell_b"),
        (
            Field("cell_a", "uint64", "", "Smaller id of the two cells."),
            Field("cell_b", "uint64", "", "Larger id of the two cells."),
            Field("area_um2", "float64", "µm²", "Area of the middle between them."),
        ),
    ),
    "edges": Schema(
        "truth_edges",
        "Directed pairs of cells with a synapse.",
        ("pre", "post"),
        (
            Field("pre", "uint64", "", "Presynaptic cell."),
            Field("post", "uint64", "", "Postsynaptic cell."),
            Field("count", "int64", "", "Synapses."),
            Field("area_um2", "float64", "µm²", "Their summed area."),
            SIGN,
        ),
    ),
    "membership": Schema(
        "truth_membership",
        "Cell of each supervoxel.",
        ("supervoxel",),
        (Field("supervoxel", "uint64", "", "Id of the supervoxel."), CELL),
    ),
}

STATISTICS = Schema(
    "phantom_statistics",
    "What the phantom is like, beside what is published of neuropil.",
    (),
    (
        Field("quantity", "string", "", "What is measured, with its unit."),
        Field("value", "float64", "", "In the phantom."),
        Field("low", "float64", "", "Lower end of the published range."),
        Field("high", "float64", "", "Upper end of the published range."),
        Field("source", "string", "", "Where the range comes from."),
    ),
)

#: What `merge_phantom` makes.
PHANTOM = TRUTH | {"agglomeration": AGGLOMERATION_EDGES, "statistics": STATISTICS}
