"""Meshes of synapses and contacts by Poisson reconstruction, which needs open3d.

REQUIRED INPUTS: meshes/{sheet}/chunks/, of those whose method in the config is poisson.
OUTPUTS: meshes/poisson.txt, which open3d there is; meshes/{sheet}/buckets/, as sheets.smk
makes them by the other method.
"""


rule check_poisson:
    """Check that open3d is there, before any long work is done that needs it."""
    output:
        found=f"{RESULTS}/meshes/poisson.txt",
    log:
        f"{RESULTS}/logs/check_poisson.log",
    benchmark:
        f"{RESULTS}/benchmarks/check_poisson.tsv"
    priority: 200
    conda:
        "../envs/poisson.yaml"
    resources:
        mem_mb=memory("check_poisson"),
        runtime=minutes("check_poisson"),
    params:
        code=code_digest("check_poisson"),
    script:
        "../scripts/check_poisson.py"


rule merge_poisson:
    """Mesh the synapses, or contacts, of a bucket by Poisson reconstruction."""
    input:
        found=rules.check_poisson.output.found,
        gate=gate("meshes/{sheet}"),
        pieces=ancient(piece_files("meshes/{{sheet}}")),
    output:
        meshes=f"{SHEET}/buckets/{{bucket}}.h5",
        table=f"{SHEET}/buckets/{{bucket}}.parquet",
    log:
        f"{RESULTS}/logs/merge_poisson/{{sheet}}/{{bucket}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_poisson/{{sheet}}/{{bucket}}.tsv"
    wildcard_constraints:
        sheet=sheets_by("poisson"),
    conda:
        "../envs/poisson.yaml"
    resources:
        mem_mb=memory("merge_poisson"),
        runtime=minutes("merge_poisson"),
    params:
        settings=lambda w: (VOXEL_SIZE_NM, MESHING[w.sheet]["poisson_depth"]),
        code=code_digest("merge_poisson"),
    script:
        "../scripts/merge_poisson.py"
