"""Meshes of cells and organelles: surfaces per chunk, joined to whole ones in buckets.

REQUIRED INPUTS: supervoxels and cells/lookups/ for cells; organelles/{organelle}/chunks/
for the objects of an organelle. What is meshed, and how finely: config, `meshes`.
OUTPUTS: meshes/{meshed}/buckets/{bucket}.h5 with the meshes, .parquet with a table.
"""

# An organelle without an entry under `meshes` has no meshes.
MESHED = [m for m in config["meshes"] if m in ORGANELLES]
MESHED += ["cells"] if "supervoxels" in ROLES and "cells" in config["meshes"] else []
MESHES = f"{RESULTS}/meshes/{{meshed}}"


def meshed_files(wildcards):
    """Input function: what holds the labels to mesh; of cells, their supervoxels."""
    if wildcards.meshed == "cells":
        return volume_files("supervoxels")
    labels = around(f"organelles/{wildcards.meshed}/chunks/{{chunk}}.h5")
    return labels(wildcards)


def meshed_lookup(wildcards):
    """Input function: for cells, the table of a chunk's supervoxels and their cells."""
    return lookup(wildcards) if wildcards.meshed == "cells" else []


def meshed_dataset(wildcards):
    """Name the dataset to read from; the objects of an organelle lie in chunk files."""
    return dataset_of("supervoxels") if wildcards.meshed == "cells" else {}


def mesh_files():
    """Paths of all meshes of the dataset."""
    return bucket_files("meshes/{meshed}/buckets/{bucket}.h5", meshed=MESHED)


rule extract_meshes:
    """Find the surfaces of cells, or of the objects of an organelle, in one chunk."""
    input:
        labels=meshed_files,
        lookup=meshed_lookup,
    output:
        pieces=f"{MESHES}/chunks/{{chunk}}.h5",
    log:
        f"{RESULTS}/logs/extract_meshes/{{meshed}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_meshes/{{meshed}}/{{chunk}}.tsv"
    conda:
        "../envs/meshes.yaml"
    resources:
        mem_mb=4_000,
        runtime=60,
    params:
        dataset=meshed_dataset,
        boxes=lambda wildcards: (core_box(wildcards), GRID.box, BLOCK),
        lattice=lambda w: (config["meshes"][w.meshed]["sample_nm"], VOXEL_SIZE_NM),
        buckets=len(BUCKETS),
        code=code_digest("extract_meshes"),
    script:
        "../scripts/extract_meshes.py"


rule merge_meshes:
    """Join the surfaces of a bucket's cells or objects; smooth and simplify them."""
    input:
        pieces=chunk_files("meshes/{meshed}/chunks/{chunk}.h5", meshed="{meshed}"),
    output:
        meshes=f"{MESHES}/buckets/{{bucket}}.h5",
        table=f"{MESHES}/buckets/{{bucket}}.parquet",
    log:
        f"{RESULTS}/logs/merge_meshes/{{meshed}}/{{bucket}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_meshes/{{meshed}}/{{bucket}}.tsv"
    conda:
        "../envs/meshes.yaml"
    resources:
        mem_mb=8_000,
        runtime=60,
    params:
        boxes=(GRID.box, VOXEL_SIZE_NM),
        settings=lambda wildcards: config["meshes"][wildcards.meshed],
        kind=lambda w: "cells" if w.meshed == "cells" else "objects",
        code=code_digest("merge_meshes"),
    script:
        "../scripts/merge_meshes.py"
