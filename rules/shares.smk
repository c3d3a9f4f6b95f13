"""How good supervoxels and cells are, where true cells are known.

REQUIRED INPUTS: the supervoxels; the truth, of a phantom or the role `truth`; edges with
scores, made by the run or given.
OUTPUTS: evaluation/segmentation.parquet: scores at each threshold of the edges;
evaluation/cells.json: scores of the run's cells, and of their borders.
"""


rule label_components:
    """Label the connected parts of the true cells."""
    input:
        volumes=volume_files("truth"),
    output:
        labels=f"{RESULTS}/evaluation/components.h5",
        components=f"{RESULTS}/evaluation/components.parquet",
    log:
        f"{RESULTS}/logs/label_components.log",
    benchmark:
        f"{RESULTS}/benchmarks/label_components.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("label_components"),
        runtime=minutes("label_components"),
    params:
        dataset=dataset_of("truth"),
        code=code_digest("label_components"),
    script:
        "../scripts/label_components.py"


rule extract_shares:
    """Count the voxels that supervoxels share with true cells in one chunk."""
    input:
        labels=rules.label_components.output.labels,
        components=rules.label_components.output.components,
        volumes=volume_files("supervoxels"),
    output:
        shares=f"{RESULTS}/evaluation/shares/{{chunk}}.parquet",
    log:
        f"{RESULTS}/logs/extract_shares/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_shares/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_shares"),
        runtime=minutes("extract_shares"),
    params:
        dataset=dataset_of("supervoxels"),
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("extract_shares"),
    script:
        "../scripts/extract_shares.py"


rule evaluate_segmentation:
    """Score the cells that edges make at every threshold."""
    input:
        **true_cable(),
        shares=chunk_files("evaluation/shares/{chunk}.parquet"),
        edges=swept_edges(),
        types=true_types(),
    output:
        scores=f"{RESULTS}/evaluation/segmentation.parquet",
    log:
        f"{RESULTS}/logs/evaluate_segmentation.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_segmentation.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("evaluate_segmentation"),
        runtime=minutes("evaluate_segmentation"),
    params:
        code=code_digest("evaluate_segmentation"),
    script:
        "../scripts/evaluate_segmentation.py"


rule extract_boundaries:
    """Compare the borders of cells with those of true cells in one chunk."""
    input:
        volumes=volume_files("supervoxels", "truth"),
        membership=f"{RESULTS}/cells/membership.parquet",
    output:
        boundaries=f"{RESULTS}/evaluation/boundaries/{{chunk}}.parquet",
    log:
        f"{RESULTS}/logs/extract_boundaries/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_boundaries/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_boundaries"),
        runtime=minutes("extract_boundaries"),
    params:
        dataset=dataset_of("supervoxels", "truth"),
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        boundary_nm=config["evaluation"]["boundary_nm"],
        code=code_digest("extract_boundaries"),
    script:
        "../scripts/extract_boundaries.py"


rule evaluate_boundaries:
    """Score the cells of the run, and their borders, against the true ones."""
    input:
        **true_cable(),
        shares=chunk_files("evaluation/shares/{chunk}.parquet"),
        boundaries=chunk_files("evaluation/boundaries/{chunk}.parquet"),
        membership=f"{RESULTS}/cells/membership.parquet",
        types=true_types(),
    output:
        scores=f"{RESULTS}/evaluation/cells.json",
    log:
        f"{RESULTS}/logs/evaluate_boundaries.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_boundaries.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("evaluate_boundaries"),
        runtime=minutes("evaluate_boundaries"),
    params:
        boundary_nm=config["evaluation"]["boundary_nm"],
        code=code_digest("evaluate_boundaries"),
    script:
        "../scripts/evaluate_boundaries.py"
