"""The worst splits and mergers of cells that a map of membranes made.

REQUIRED INPUTS: segmentation/supervoxels.h5, scored edges, the map of membranes, the
truth, what supervoxels share with it, cells/membership.parquet; raw if there is any.
OUTPUTS: evaluation/worst_cells.parquet and .html: what is torn or merged, with places and
images; worst_cells.json, how many voxels that concerns.
"""


rule extract_seams:
    """Find where supervoxels and true cells meet in one chunk."""
    input:
        volumes=volume_files("supervoxels", "membrane", "truth"),
    output:
        seams=f"{RESULTS}/evaluation/seams/{{chunk}}.parquet",
    log:
        f"{RESULTS}/logs/extract_seams/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_seams/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_seams"),
        runtime=minutes("extract_seams"),
    params:
        dataset=dataset_of("supervoxels", "membrane", "truth"),
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("extract_seams"),
    script:
        "../scripts/extract_seams.py"


rule evaluate_worst:
    """List the worst splits and mergers of cells, each with a place."""
    input:
        seams=chunk_files("evaluation/seams/{chunk}.parquet"),
        shares=chunk_files("evaluation/shares/{chunk}.parquet"),
        membership=f"{RESULTS}/cells/membership.parquet",
        edges=SCORED_EDGES,
    output:
        worst=f"{RESULTS}/evaluation/worst_cells.parquet",
        scores=f"{RESULTS}/evaluation/worst_cells.json",
    log:
        f"{RESULTS}/logs/evaluate_worst.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_worst.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("evaluate_worst"),
        runtime=minutes("evaluate_worst"),
    params:
        grid=(DATASET["shape_vx"], VOXEL_SIZE_NM),
        code=code_digest("evaluate_worst"),
    script:
        "../scripts/evaluate_worst.py"


rule render_worst:
    """Show the worst splits and mergers of cells as images."""
    input:
        worst=f"{RESULTS}/evaluation/worst_cells.parquet",
        scores=f"{RESULTS}/evaluation/worst_cells.json",
        membership=f"{RESULTS}/cells/membership.parquet",
        volumes=volume_files("supervoxels", "raw", "truth"),
    output:
        **worst_page(),
    log:
        f"{RESULTS}/logs/render_worst.log",
    benchmark:
        f"{RESULTS}/benchmarks/render_worst.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("render_worst"),
        runtime=minutes("render_worst"),
    params:
        dataset=dataset_of("supervoxels", "raw", "truth"),
        name=config["dataset"],
        code=code_digest("render_worst"),
    script:
        "../scripts/render_worst.py"
