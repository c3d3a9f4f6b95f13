"""Shapes of supervoxels that are made from a map of membranes, for a model of edges.

REQUIRED INPUTS: segmentation/supervoxels.h5, the map of membranes or affinities.
OUTPUTS: segmentation/chunks/{chunk}.moments.parquet, sums from which `measure_edges` tells
how the supervoxels and the faces between them lie.
"""


rule extract_moments:
    """Add up where the supervoxels of one chunk, and the faces between them, lie."""
    input:
        volumes=volume_files("supervoxels", "membrane"),
    output:
        moments=f"{OF_SEGMENTS}/chunks/{{chunk}}.moments.parquet",
    log:
        f"{RESULTS}/logs/extract_moments/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_moments/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_moments"),
        runtime=minutes("extract_moments"),
    params:
        dataset=dataset_of("supervoxels", "membrane"),
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("extract_moments"),
    script:
        "../scripts/extract_moments.py"
