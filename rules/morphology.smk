"""Files and parameters of whole cells (buckets, tiles of skeletons, what is meshed).

REQUIRED INPUTS: the checked config and the chunk grid, from common.smk; the pieces of
skeletons and of meshes that chunks hold.
OUTPUTS: none; names and input functions that the rules of skeletons and meshes use.
"""

from neuropil.buckets import bucket_names
from neuropil.skeletons.tiles import chunks_behind, plan_tiles, tiles_of, voxel_box

BUCKETS = bucket_names(config["cells"]["buckets"])
# Tiles follow from the dataset, not from the chunks; each is done by one chunk's job.
STEP, TILES = plan_tiles(GRID.box, VOXEL_SIZE_NM, config["skeletons"])
# What has no entry under `meshes`, or null there, has no meshes.
MESHING = {name: entry for name, entry in config["meshes"].items() if entry}
MESHED = [m for m in MESHING if m in ORGANELLES]
MESHED += ["cells"] if "supervoxels" in ROLES and "cells" in MESHING else []
MESHES = f"{RESULTS}/meshes/{{meshed}}"
# Sheets are what lies between two cells: contacts, and the synapses in them.
SHEETS = ["contacts"] if "supervoxels" in ROLES else []
SHEETS += ["synapses"] if SHEETS and "sj" in ORGANELLES else []
SHEETS = [sheet for sheet in SHEETS if sheet in MESHING]
SHEET = f"{RESULTS}/meshes/{{sheet}}"


wildcard_constraints:
    bucket=r"\d\d+",
    meshed=r"[a-z][a-z0-9]*",
    sheet="contacts|synapses",
    segmentation=r"[A-Za-z0-9_-]+",


def lookup(wildcards):
    """Input function: the table of a chunk's supervoxels and their cells."""
    checkpoints.write_lookups.get()
    return f"{RESULTS}/cells/lookups/{wildcards.chunk}.parquet"


def bucket_files(pattern, **wildcards):
    """Paths of all buckets of a pattern such as ``meshes/buckets/{bucket}.h5``."""
    return expand(f"{RESULTS}/{pattern}", bucket=BUCKETS, **wildcards)


def chunk_tiles(wildcards):
    """Tiles that the job of a chunk does."""
    return tiles_of(GRID, wildcards.chunk, STEP, TILES)


def tile_lookups(wildcards):
    """Input function: tables of the supervoxels in a chunk's tiles."""
    checkpoints.write_lookups.get()
    boxes = [voxel_box(tile, STEP) for tile in chunk_tiles(wildcards)]
    chunks = chunks_behind(GRID, boxes) or [wildcards.chunk]
    return expand(f"{RESULTS}/cells/lookups/{{chunk}}.parquet", chunk=chunks)


def meshed_files(wildcards):
    """Input function: what holds the labels to mesh; of cells, their supervoxels."""
    if wildcards.meshed == "cells":
        return volume_files("supervoxels")
    # A chunk's cubes of samples reach beyond its high faces alone.
    chunks = [wildcards.chunk, *GRID.above(wildcards.chunk)]
    labels = f"{RESULTS}/organelles/{wildcards.meshed}/chunks/{{chunk}}.h5"
    return expand(labels, chunk=chunks)


def meshed_lookup(wildcards):
    """Input function: for cells, the table of a chunk's supervoxels and their cells."""
    return lookup(wildcards) if wildcards.meshed == "cells" else []


def meshed_dataset(wildcards):
    """Name the dataset to read from; the objects of an organelle lie in chunk files."""
    return dataset_of("supervoxels") if wildcards.meshed == "cells" else {}


def sheets_by(method):
    """Constrain a wildcard to sheets whose method in the config is this one."""
    return "|".join(s for s in SHEETS if MESHING[s]["method"] == method) or "none"


def mesh_files():
    """Paths of all meshes of the dataset, and of the areas of sheets."""
    meshes = bucket_files("meshes/{name}/buckets/{bucket}.h5", name=MESHED + SHEETS)
    return meshes + expand(f"{RESULTS}/meshes/{{sheet}}/areas.parquet", sheet=SHEETS)


def shape_files():
    """Paths of the tables of whole cells."""
    if "supervoxels" not in ROLES:
        return []
    places = bucket_files("cells/places/{bucket}.parquet") if INNER_ORGANELLES else []
    myelin = bucket_files("cells/myelin/{bucket}.parquet") if "myelin" in ROLES else []
    return [f"{RESULTS}/cells/shapes.parquet", *places, *myelin]


def cell_scores():
    """Paths of scores: of whole cells, where the truth is known; of segmentations."""
    scores = ["skeletons"] if PHANTOM else []
    scores += ["myelin"] if PHANTOM and "myelin" in ROLES else []
    scores += ["segmentations"] if COMPARED else []
    return expand(f"{RESULTS}/evaluation/{{score}}.json", score=scores)


def compared_files(kind):
    """Paths of what chunks say of other segmentations, one of these after the other."""
    pattern = f"evaluation/segmentations/{{segmentation}}/{{chunk}}.{kind}.parquet"
    return [f for s in COMPARED for f in chunk_files(pattern, segmentation=s)]
