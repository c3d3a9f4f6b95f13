"""Supervoxels from a map of membranes (config: `segmentation`).

REQUIRED INPUTS: the map of membranes, or affinities, of which one is made on reading.
OUTPUTS: segmentation/supervoxels.h5, which the other rules read as the volume of
supervoxels.
"""

SEGMENTATION = config["segmentation"]
OF_SEGMENTS = f"{RESULTS}/segmentation"
AFTERWARDS = ("map", "least_um3", "score", "model", "runs")  # what no basin hangs on
FLOODED = {k: v for k, v in SEGMENTATION.items() if k not in AFTERWARDS}


rule label_supervoxels:
    """Label the basins of the map of membranes in one chunk."""
    input:
        volumes=volume_files("membrane"),
    output:
        labels=f"{OF_SEGMENTS}/basins/{{chunk}}.h5",
        tables=f"{OF_SEGMENTS}/basins/{{chunk}}.tables.h5",
    log:
        f"{RESULTS}/logs/label_supervoxels/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/label_supervoxels/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("label_supervoxels"),
        runtime=minutes("label_supervoxels"),
    params:
        dataset=dataset_of("membrane"),
        settings=FLOODED,
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("label_supervoxels"),
    script:
        "../scripts/label_supervoxels.py"


rule link_supervoxels:
    """Join the basins of all chunks to supervoxels, and number these."""
    input:
        tables=chunk_files("segmentation/basins/{chunk}.tables.h5"),
    output:
        links=f"{OF_SEGMENTS}/links.parquet",
    log:
        f"{RESULTS}/logs/link_supervoxels.log",
    benchmark:
        f"{RESULTS}/benchmarks/link_supervoxels.tsv"
    priority: 10
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("link_supervoxels"),
        runtime=minutes("link_supervoxels"),
    params:
        grid=(GRID.box, GRID.chunk_shape, VOXEL_SIZE_NM),
        settings=FLOODED,
        least_um3=SEGMENTATION["least_um3"],
        code=code_digest("link_supervoxels"),
    script:
        "../scripts/link_supervoxels.py"


rule write_supervoxels:
    """Write the supervoxels of one chunk."""
    input:
        labels=f"{OF_SEGMENTS}/basins/{{chunk}}.h5",
        links=f"{OF_SEGMENTS}/links.parquet",
    output:
        labels=f"{OF_SEGMENTS}/chunks/{{chunk}}.h5",
    log:
        f"{RESULTS}/logs/write_supervoxels/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_supervoxels/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("write_supervoxels"),
        runtime=minutes("write_supervoxels"),
    params:
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("write_supervoxels"),
    script:
        "../scripts/write_supervoxels.py"


rule merge_segmentation:
    """Join the supervoxels of all chunks to one volume, without a copy."""
    input:
        labels=chunk_files("segmentation/chunks/{chunk}.h5"),
    output:
        labels=f"{OF_SEGMENTS}/supervoxels.h5",
    log:
        f"{RESULTS}/logs/merge_segmentation.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_segmentation.tsv"
    priority: 10
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("merge_segmentation"),
        runtime=minutes("merge_segmentation"),
    params:
        code=code_digest("merge_segmentation"),
    script:
        "../scripts/merge_segmentation.py"
