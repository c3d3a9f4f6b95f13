"""Names and places of what is exported, for the rules that export it.

REQUIRED INPUTS: the checked config, the chunk grid, the buckets of cells.
OUTPUTS: none; names and input functions that exports.smk uses.
"""

from neuropil.exports.levels import chunks_under, place_voxels, plan_levels
from neuropil.exports.shards import Sharding

EXPORTS = f"{RESULTS}/exports"
VIEWER = f"{EXPORTS}/neuroglancer"
# All that viewers see lies in space where the dataset's offset says.
OFFSET_VX = place_voxels([DATASET["offset_nm"][axis] for axis in "zyx"], VOXEL_SIZE_NM)
SHIFT_NM = tuple(n * size for n, size in zip(OFFSET_VX, VOXEL_SIZE_NM))
PLAN = (GRID.box.shift(OFFSET_VX), VOXEL_SIZE_NM, config["exports"]["tile_vx"])
STAGES = plan_levels(*PLAN)
EXPORTED = {"raw": ["raw"], "supervoxels": ["supervoxels", "cells"]}
VOLUMES = [name for role in EXPORTED if role in ROLES for name in EXPORTED[role]]
MIDDLE_VX = tuple((a + b) / 2 for a, b in zip(*PLAN[0]))
# Connections need a map of junctions, cells need supervoxels.
TABLES = ["cells"] if "supervoxels" in ROLES else []
TABLES += ["synapses", "edges"] if TABLES and "sj" in ORGANELLES else []
# Folders of meshes for viewers; points of synapses have a folder of their own.
MESH_FOLDERS = {name: "cells/mesh" if name == "cells" else name for name in MESHED}
MESH_FOLDERS |= {"synapses": "synapse_meshes"} if "synapses" in SHEETS else {}
SHOWN = [*VOLUMES, *(f for name, f in MESH_FOLDERS.items() if name != "cells")]
SHOWN += ["synapses"] if "synapses" in TABLES else []
VIEW = (config["exports"]["url"], SHOWN, VOXEL_SIZE_NM, MIDDLE_VX)
# Start, stop, and the place of the dataset's first voxel.
SPACE_NM = [[n * s for n, s in zip(at, VOXEL_SIZE_NM)] for at in (*PLAN[0], OFFSET_VX)]
SHARDING = Sharding(config["exports"]["shard_bits"])
CELL_LINKS = {"skeletons": "skeletons", "segment_properties": "properties"}
CELL_LINKS |= {"mesh": "mesh"} if "cells" in MESHED else {}


wildcard_constraints:
    volume="raw|supervoxels|cells",
    shard="[0-9a-f]+",


def shard_files(levels, shards):
    """Paths of shards at each of some levels of a volume."""
    keys = [level.key for level in levels]
    pattern = f"{VIEWER}/{{{{volume}}}}/{{key}}/{{shard}}.shard"
    return expand(pattern, key=keys, shard=shards)


def coarse_files():
    """Paths of the shards of a volume's coarser levels."""
    return [f for stage in STAGES[1:] for f in shard_files(stage, stage[0].tiles)]


def exported_role(wildcards):
    """Tell which role an exported volume is made from."""
    return "supervoxels" if wildcards.volume == "cells" else wildcards.volume


def exported_source(wildcards):
    """Describe where an exported volume comes from: dataset, role, first voxel."""
    role = exported_role(wildcards)
    return dataset_of(role), role, OFFSET_VX


def exported_lookups(wildcards):
    """Input function: for cells, the tables of the supervoxels in a tile."""
    if wildcards.volume != "cells":
        return []
    checkpoints.write_lookups.get()
    box = STAGES[0][0].tiles[wildcards.shard].shift(tuple(-a for a in OFFSET_VX))
    chunks = chunks_under(GRID, box)
    return expand(f"{RESULTS}/cells/lookups/{{chunk}}.parquet", chunk=chunks)


def linked_folders(wildcards):
    """Name what a volume's description leads to."""
    return CELL_LINKS if wildcards.volume == "cells" else {}


def info_files():
    """Paths of the descriptions of skeletons and meshes."""
    folders = ["cells/skeletons"] if "supervoxels" in ROLES else []
    return [f"{VIEWER}/{f}/info" for f in [*folders, *MESH_FOLDERS.values()]]


def encoded_files(wildcards):
    """Input function: encoded meshes of what lies in a folder, of all buckets."""
    meshed = {f: name for name, f in MESH_FOLDERS.items()}[wildcards.folder]
    return bucket_files("exports/encoded/{meshed}/{bucket}.h5", meshed=meshed)


def mesh_levels(wildcards):
    """How meshes are encoded."""
    settings, finest = config["exports"], MESHING[wildcards.meshed]
    numbers = (settings["fragment_nm"], finest["max_error_nm"], settings["mesh_levels"])
    return (*numbers, SHIFT_NM)


def export_targets():
    """Name all that can be exported of the dataset."""
    wanted = [f"{VIEWER}/{volume}/info" for volume in VOLUMES] + info_files()
    folders = [path.rpartition("/")[0] for path in info_files()]
    wanted += expand("{folder}/{shard}.shard", folder=folders, shard=SHARDING.names)
    wanted += [f"{VIEWER}/cells/properties/info"] if TABLES else []
    wanted += [f"{VIEWER}/synapses"] if "synapses" in TABLES else []
    wanted.append(f"{VIEWER}/state.json")
    wanted += [f"{EXPORTS}/tables/{table}.csv" for table in TABLES]
    wanted += [f"{EXPORTS}/connectome.graphml"] if "edges" in TABLES else []
    return wanted + cell_files()


def cell_files():
    """Paths of what has files of cells: folders, and tables of nodes."""
    formats = config["exports"]["cell_files"] if "supervoxels" in ROLES else []
    made = [f for f in formats if f in ("swc", "nodes") or "cells" in MESHED]
    suffixes = [".parquet" if name == "nodes" else "" for name in made]
    return [
        f"{EXPORTS}/{name}/{bucket}{suffix}"
        for name, suffix in zip(made, suffixes)
        for bucket in BUCKETS
    ]
