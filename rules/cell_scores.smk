"""How good whole cells are; only of a phantom, whose true cells are known.

REQUIRED INPUTS: skeletons/buckets/, cells/myelin/; evaluation/cells.parquet; the truth.
OUTPUTS: evaluation/skeletons.parquet, branch by branch what was found, missed and false;
evaluation/skeletons.json and myelin.json, scores.
"""


rule evaluate_skeletons:
    """Compare skeletons with the true centrelines of cells."""
    input:
        skeletons=bucket_files("skeletons/buckets/{bucket}.h5"),
        cells=rules.evaluate_cells.output.cells,
        known=TRUTH["cells"],
        nodes=TRUTH["skeletons"],
    output:
        branches=f"{MATCHES}/skeletons.parquet",
        scores=f"{MATCHES}/skeletons.json",
    log:
        f"{RESULTS}/logs/evaluate_skeletons.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_skeletons.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("evaluate_skeletons"),
        runtime=minutes("evaluate_skeletons"),
    params:
        box_nm=[[n * s for n, s in zip(end, VOXEL_SIZE_NM)] for end in GRID.box],
        code=code_digest("evaluate_skeletons"),
    script:
        "../scripts/evaluate_skeletons.py"


rule evaluate_myelin:
    """Compare which nodes of skeletons are myelinated with the truth."""
    input:
        skeletons=bucket_files("skeletons/buckets/{bucket}.h5"),
        myelin=bucket_files("cells/myelin/{bucket}.parquet"),
        cells=rules.evaluate_cells.output.cells,
        nodes=TRUTH["skeletons"],
    output:
        scores=f"{MATCHES}/myelin.json",
    log:
        f"{RESULTS}/logs/evaluate_myelin.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_myelin.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("evaluate_myelin"),
        runtime=minutes("evaluate_myelin"),
    params:
        code=code_digest("evaluate_myelin"),
    script:
        "../scripts/evaluate_myelin.py"
