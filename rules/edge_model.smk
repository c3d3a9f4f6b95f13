"""Learn from true cells which edges between supervoxels join.

REQUIRED INPUTS: segmentation/features.parquet, of this run and of others that the config
names; what supervoxels share with true cells.
OUTPUTS: segmentation/model.skops, for `segmentation: model`.
"""


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
