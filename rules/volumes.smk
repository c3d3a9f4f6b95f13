"""Save the config of a run; take the agglomeration from a segmentation, if it says so.

REQUIRED INPUTS: the supervoxels, and the segmentation of the config's
agglomeration.volume. (All volumes are checked before the first job, see common.smk.)
OUTPUTS: cells/agglomeration.parquet: the cell of each supervoxel.
"""


rule write_config:
    """Save the merged config of the run beside its results."""
    output:
        config=f"{RESULTS}/config.yaml",
    log:
        f"{RESULTS}/logs/write_config.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_config.tsv"
    localrule: True
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=config,
        code=code_digest("write_config"),
    script:
        "../scripts/write_config.py"


rule extract_agglomeration:
    """Count the voxels that supervoxels share with cells in one chunk."""
    input:
        volumes=volume_files("supervoxels"),
    output:
        overlaps=f"{RESULTS}/cells/chunks/{{chunk}}.agglomeration.parquet",
    log:
        f"{RESULTS}/logs/extract_agglomeration/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_agglomeration/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=4_000,
        runtime=30,
    params:
        dataset=dataset_of("supervoxels"),
        cells=CELLS,
        core=core_box,
        block=BLOCK,
        code=code_digest("extract_agglomeration"),
    script:
        "../scripts/extract_agglomeration.py"


rule merge_agglomeration:
    """Give each supervoxel the cell that holds most of its voxels."""
    input:
        overlaps=chunk_files("cells/chunks/{chunk}.agglomeration.parquet"),
    output:
        agglomeration=f"{RESULTS}/cells/agglomeration.parquet",
    log:
        f"{RESULTS}/logs/merge_agglomeration.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_agglomeration.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=8_000,
        runtime=30,
    params:
        code=code_digest("merge_agglomeration"),
    script:
        "../scripts/merge_agglomeration.py"
