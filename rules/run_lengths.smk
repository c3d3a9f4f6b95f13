"""How far one gets along true skeletons; only of a phantom, whose skeletons are known.

REQUIRED INPUTS: the supervoxels; the truth, as a volume and as skeletons.
OUTPUTS: evaluation/nodes/, supervoxels at the nodes of true skeletons.
"""


rule extract_nodes:
    """Look up the supervoxels at the nodes of true skeletons in one chunk."""
    input:
        volumes=volume_files("truth", "supervoxels"),
        nodes=TRUTH["skeletons"],
    output:
        nodes=f"{RESULTS}/evaluation/nodes/{{chunk}}.parquet",
    log:
        f"{RESULTS}/logs/extract_nodes/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_nodes/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_nodes"),
        runtime=minutes("extract_nodes"),
    params:
        dataset=dataset_of("truth", "supervoxels"),
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("extract_nodes"),
    script:
        "../scripts/extract_nodes.py"
