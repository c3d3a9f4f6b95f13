"""Tables of contact sites: of a chunk, of supervoxels, of cells."""

from neuropil.schemas.base import Field, Schema, zyx_fields
from neuropil.surface import DIRECTIONS

PAIR = ("supervoxel_a", "supervoxel_b")
BEHIND = "supervoxel_behind"
CELLS = ("cell_a", "cell_b")
CROSSINGS = tuple(f"crossings_{side}_{d}" for side in "ab" for d in DIRECTIONS)
START = tuple(f"start_{axis}_vx" for axis in "zyx")
STOP = tuple(f"stop_{axis}_vx" for axis in "zyx")
SUM = tuple(f"sum_{axis}_vx" for axis in "zyx")
FIRST = tuple(f"{axis}_vx" for axis in "zyx")

LABEL = Field("label", "uint32", "", "Label in the chunk's volume of contact sites.")
SITE = Field("site", "uint64", "", "Contact site, numbered by first voxel in z, y, x.")
PAIR_FIELDS = (
    Field(PAIR[0], "uint64", "", "One supervoxel, of the smaller id."),
    Field(PAIR[1], "uint64", "", "The other supervoxel."),
)
CELL_FIELDS = (
    Field(CELLS[0], "uint64", "", "One cell, of the smaller id."),
    Field(CELLS[1], "uint64", "", "The other cell."),
)
VOXEL_COUNT = Field("voxel_count", "int64", "voxel", "Number of voxels.")
BOUNDS = (
    *zyx_fields("start_", "vx", "int64", "First voxel along {axis}."),
    *zyx_fields("stop_", "vx", "int64", "One past the last voxel along {axis}."),
)
SUM_FIELDS = zyx_fields("sum_", "vx", "int64", "Sum of {axis} over the voxels.")
FIRST_FIELDS = zyx_fields("", "vx", "int64", "{axis} of the first voxel in scan order.")
CROSSING_FIELDS = tuple(
    Field(name, "int64", "", f"Lines along {d} that leave supervoxel {name[10]}.")
    for name, d in zip(CROSSINGS, 2 * DIRECTIONS)
)
AREA = Field("area_um2", "float64", "um2", "Area of contact, the mean of both sides.")

FRAGMENTS = Schema(
    "contact_fragments",
    "Parts of contact sites: the labels of a chunk, each within one block.",
    ("label",),
    (
        LABEL,
        *PAIR_FIELDS,
        VOXEL_COUNT,
        Field("first_index", "uint64", "", "Linear index of its first voxel."),
        *BOUNDS,
        *SUM_FIELDS,
        *CROSSING_FIELDS,
    ),
)
LINKS = Schema(
    "contact_links",
    "Labels of a chunk that touch (26 neighbours).",
    ("label_a", "label_b"),
    (
        Field("label_a", "uint32", "", "One label, the smaller."),
        Field("label_b", "uint32", "", "The other label."),
    ),
)
RIM = Schema(
    "contact_rim",
    "Voxels of contact sites on the faces of a chunk.",
    ("index",),
    (Field("index", "uint64", "", "Linear index of the voxel."), LABEL),
)
STRAYS = Schema(
    "contact_strays",
    "Crossings of pairs of supervoxels that lie in no site of the pair.",
    (*PAIR, BEHIND),
    (
        *PAIR_FIELDS,
        Field(BEHIND, "uint64", "", "What they meet if a, b are of one cell; 0: none."),
        *CROSSING_FIELDS,
    ),
)
LABELS = Schema(
    "contact_labels",
    "Which contact site each label of each chunk is part of.",
    ("chunk", "label"),
    (Field("chunk", "string", "", "Chunk."), LABEL, SITE),
)
SITES = Schema(
    "contact_sites",
    "Contact sites: connected voxels where two supervoxels face each other.",
    ("site",),
    (
        SITE,
        *PAIR_FIELDS,
        VOXEL_COUNT,
        *FIRST_FIELDS,
        *BOUNDS,
        *SUM_FIELDS,
        *CROSSING_FIELDS,
    ),
)
TOUCHING = Schema(
    "touching_sites",
    "Contact sites of different pairs that touch (26 neighbours).",
    ("site_a", "site_b"),
    (
        Field("site_a", "uint64", "", "One site, the smaller."),
        Field("site_b", "uint64", "", "The other site."),
    ),
)
CONTACTS = Schema(
    "contacts",
    "Contacts of two cells: contact sites of their supervoxels that touch.",
    ("contact",),
    (
        Field("contact", "uint64", "", "Contact, numbered by first voxel in z, y, x."),
        *CELL_FIELDS,
        AREA,
        VOXEL_COUNT,
        Field("site_count", "int64", "", "Sites of supervoxels that make it up."),
        *zyx_fields("", "nm", "float64", "Mean position of its voxels along {axis}."),
        *FIRST_FIELDS,
        *BOUNDS,
    ),
)
PAIRS = Schema(
    "pairs",
    "Pairs of cells in contact.",
    CELLS,
    (
        *CELL_FIELDS,
        Field("area_um2", "float64", "um2", "Area of contact of the two, in all."),
        Field("contact_count", "int64", "", "Contacts in contacts.parquet."),
    ),
)
SITE_CONTACTS = Schema(
    "site_contacts",
    "Which contact of two cells each contact site is part of.",
    ("site",),
    (SITE, Field("contact", "uint64", "", "Contact.")),
)
