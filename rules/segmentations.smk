"""Other segmentations, scored against the cells of the dataset (config: `compared`).

REQUIRED INPUTS: the supervoxels, cells/lookups/, skeletons/buckets/, and the
segmentations that the config names.
OUTPUTS: evaluation/segmentations.json: variation of information, adapted Rand error and
expected run length of each.
"""

OF_SEGMENTATION = f"{RESULTS}/evaluation/segmentations/{{segmentation}}"


rule evaluate_overlaps:
    """Compare another segmentation with the cells of one chunk."""
    input:
        volumes=volume_files("supervoxels"),
        lookup=lookup,
        skeletons=bucket_files("skeletons/buckets/{bucket}.h5"),
    output:
        overlaps=f"{OF_SEGMENTATION}/{{chunk}}.overlaps.parquet",
        nodes=f"{OF_SEGMENTATION}/{{chunk}}.nodes.parquet",
    log:
        f"{RESULTS}/logs/evaluate_overlaps/{{segmentation}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_overlaps/{{segmentation}}/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("evaluate_overlaps"),
        runtime=minutes("evaluate_overlaps"),
    params:
        dataset=dataset_of("supervoxels"),
        compared=lambda wildcards: COMPARED[wildcards.segmentation],
        core=core_box,
        block=BLOCK,
        code=code_digest("evaluate_overlaps"),
    script:
        "../scripts/evaluate_overlaps.py"


rule evaluate_segmentations:
    """Score other segmentations against the cells of the dataset."""
    input:
        overlaps=compared_files("overlaps"),
        nodes=compared_files("nodes"),
        skeletons=bucket_files("skeletons/buckets/{bucket}.h5"),
    output:
        scores=f"{RESULTS}/evaluation/segmentations.json",
    log:
        f"{RESULTS}/logs/evaluate_segmentations.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_segmentations.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("evaluate_segmentations"),
        runtime=minutes("evaluate_segmentations"),
    params:
        names=[*COMPARED],
        code=code_digest("evaluate_segmentations"),
    script:
        "../scripts/evaluate_segmentations.py"
