"""Find out which supervoxels there are, and which of them make one cell.

REQUIRED INPUTS: the supervoxels; the agglomeration, if there is one.
OUTPUTS: cells/supervoxels.parquet, cells/membership.parquet.
"""


rule merge_cells:
    """Give each supervoxel its cell, as the agglomeration says."""
    input:
        supervoxels=f"{RESULTS}/cells/supervoxels.parquet",
        agglomeration=AGGLOMERATION.get("table", AGGLOMERATION.get("edges", [])),
    output:
        membership=f"{RESULTS}/cells/membership.parquet",
    log:
        f"{RESULTS}/logs/merge_cells.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_cells.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=8_000,
        runtime=30,
    params:
        agglomeration=AGGLOMERATION,
        whole=GRID.box == Box.of(DATASET["shape_vx"]),
        code=code_digest("merge_cells"),
    script:
        "../scripts/merge_cells.py"
