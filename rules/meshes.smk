"""Meshes of cells and organelles: surfaces per chunk, joined to whole ones in buckets.

REQUIRED INPUTS: supervoxels and cells/lookups/ for cells; organelles/{organelle}/chunks/
for the objects of an organelle. What is meshed, and how finely: config, `meshes`.
OUTPUTS: meshes/{meshed}/buckets/{bucket}.h5 with the meshes, .parquet with a table.
"""


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
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_meshes"),
        runtime=minutes("extract_meshes"),
    params:
        dataset=meshed_dataset,
        boxes=lambda wildcards: (core_box(wildcards), GRID.box, BLOCK),
        lattice=lambda w: (MESHING[w.meshed]["sample_nm"], VOXEL_SIZE_NM),
        buckets=len(BUCKETS),
        code=code_digest("extract_meshes"),
    script:
        "../scripts/extract_meshes.py"


rule merge_meshes:
    """Join the surfaces of a bucket's cells or objects; smooth and simplify them."""
    input:
        gate=gate("meshes/{meshed}"),
        pieces=ancient(piece_files("meshes/{{meshed}}")),
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
        mem_mb=memory("merge_meshes"),
        runtime=minutes("merge_meshes"),
    params:
        boxes=(GRID.box, VOXEL_SIZE_NM),
        settings=lambda wildcards: MESHING[wildcards.meshed],
        kind=lambda w: "cells" if w.meshed == "cells" else "objects",
        code=code_digest("merge_meshes"),
    script:
        "../scripts/merge_meshes.py"
