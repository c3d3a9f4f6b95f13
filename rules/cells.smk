"""Find out which supervoxels there are, and which of them make one cell.

REQUIRED INPUTS: the supervoxels; the agglomeration, and its corrections, if there are.
OUTPUTS: cells/supervoxels.parquet, cells/membership.parquet; cells/somata.parquet, the
supervoxels of given somata; cells/lookups/, the membership cut up by chunk.
"""

from neuropil.meshes.lattice import sample_reach

OF_CELLS = ("table", "edges", "touching", "corrections", "somata")  # files

# Supervoxels and cells come first: an agglomeration that doesn't fit them is to be found
# before the long work, and not after it.


rule merge_cells:
    """Give each supervoxel its cell, as the agglomeration says."""
    input:
        supervoxels=f"{RESULTS}/cells/supervoxels.parquet",
        agglomeration=[AGGLOMERATION[k] for k in OF_CELLS if k in AGGLOMERATION],
    output:
        membership=f"{RESULTS}/cells/membership.parquet",
    log:
        f"{RESULTS}/logs/merge_cells.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_cells.tsv"
    priority: 50
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("merge_cells"),
        runtime=minutes("merge_cells"),
    params:
        agglomeration=AGGLOMERATION,
        whole=GRID.box == Box.of(DATASET["shape_vx"]),
        code=code_digest("merge_cells"),
    script:
        "../scripts/merge_cells.py"


rule link_somata:
    """Find the supervoxels of somata that are to stay apart."""
    input:
        table=AGGLOMERATION.get("soma_table", []),
        volumes=volume_files("supervoxels"),
    output:
        somata=f"{RESULTS}/cells/somata.parquet",
    log:
        f"{RESULTS}/logs/link_somata.log",
    benchmark:
        f"{RESULTS}/benchmarks/link_somata.tsv"
    priority: 50
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("link_somata"),
        runtime=minutes("link_somata"),
    params:
        dataset=dataset_of("supervoxels"),
        extent=(GRID.box, GRID.box == Box.of(DATASET["shape_vx"])),
        code=code_digest("link_somata"),
    script:
        "../scripts/link_somata.py"


rule extract_supervoxels:
    """Count the voxels of supervoxels in one chunk; bounds, and a voxel inside."""
    input:
        volumes=volume_files("supervoxels"),
    output:
        supervoxels=f"{RESULTS}/cells/chunks/{{chunk}}.parquet",
    log:
        f"{RESULTS}/logs/extract_supervoxels/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_supervoxels/{{chunk}}.tsv"
    priority: 50
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_supervoxels"),
        runtime=minutes("extract_supervoxels"),
    params:
        dataset=dataset_of("supervoxels"),
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("extract_supervoxels"),
    script:
        "../scripts/extract_supervoxels.py"


rule merge_supervoxels:
    """Add up what the chunks hold of supervoxels."""
    input:
        supervoxels=chunk_files("cells/chunks/{chunk}.parquet"),
    output:
        supervoxels=f"{RESULTS}/cells/supervoxels.parquet",
    log:
        f"{RESULTS}/logs/merge_supervoxels.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_supervoxels.tsv"
    priority: 50
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("merge_supervoxels"),
        runtime=minutes("merge_supervoxels"),
    params:
        shape=GRID.box.stop,
        code=code_digest("merge_supervoxels"),
    script:
        "../scripts/merge_supervoxels.py"


# A checkpoint, since after one Snakemake looks again which jobs are left to do: chunks
# whose tables stayed the same are. After a rule, all that depends on it would run.
checkpoint write_lookups:
    """Write which cells the supervoxels of each chunk are of."""
    input:
        supervoxels=chunk_files("cells/chunks/{chunk}.parquet"),
        membership=f"{RESULTS}/cells/membership.parquet",
    output:
        lookups=chunk_files("cells/lookups/{chunk}.parquet"),
    log:
        f"{RESULTS}/logs/write_lookups.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_lookups.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("write_lookups"),
        runtime=minutes("write_lookups"),
    params:
        grid=(GRID.box, GRID.chunk_shape),
        reach=sample_reach(config["meshes"].get("cells"), VOXEL_SIZE_NM),
        code=code_digest("write_lookups"),
    script:
        "../scripts/write_lookups.py"
