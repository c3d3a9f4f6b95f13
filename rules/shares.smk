"""How good supervoxels and cells are that were made from a phantom's map of membranes.

REQUIRED INPUTS: segmentation/supervoxels.h5, segmentation/joins.parquet, the truth.
OUTPUTS: evaluation/segmentation.parquet: scores at each threshold of the edges;
segmentation/model.skops: what tells from an edge whether it joins, learnt from the truth.
"""


rule extract_shares:
    """Count the voxels that supervoxels share with true cells in one chunk."""
    input:
        volumes=volume_files("supervoxels"),
        truth=f"{RESULTS}/phantom/truth.h5",
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
        shares=chunk_files("evaluation/shares/{chunk}.parquet"),
        edges=f"{OF_SEGMENTS}/joins.parquet",
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


rule label_edges:
    """Say of which edges both supervoxels lie in one true cell."""
    input:
        features=rules.measure_edges.output.features,
        shares=rules.evaluate_segmentation.input.shares,
    output:
        labels=f"{OF_SEGMENTS}/labels.parquet",
    log:
        f"{RESULTS}/logs/label_edges.log",
    benchmark:
        f"{RESULTS}/benchmarks/label_edges.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("label_edges"),
        runtime=minutes("label_edges"),
    params:
        code=code_digest("label_edges"),
    script:
        "../scripts/label_edges.py"


rule train_edges:
    """Learn from true cells which edges between supervoxels join."""
    input:
        labels=[
            f"{run.rstrip('/')}/segmentation/labels.parquet"
            for run in (RESULTS, *SEGMENTATION["runs"])
        ],
    output:
        model=OWN_MODEL,
    log:
        f"{RESULTS}/logs/train_edges.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_edges.tsv"
    conda:
        "../envs/classifier.yaml"
    resources:
        mem_mb=memory("train_edges"),
        runtime=minutes("train_edges"),
    params:
        code=code_digest("train_edges"),
    script:
        "../scripts/train_edges.py"
