"""Cells for other tools: skeletons as SWC and tables, meshes as PLY and OBJ.

REQUIRED INPUTS: skeletons/buckets/, meshes/cells/buckets/.
OUTPUTS: exports/swc, exports/ply, exports/obj, a folder of files per bucket;
exports/nodes, a table per bucket.
"""

# Folders as outputs: Snakemake removes them before the job, and the job makes them whole.


rule export_swc:
    """Write the skeletons of a bucket's cells as SWC, one file per cell."""
    input:
        skeletons=f"{RESULTS}/skeletons/buckets/{{bucket}}.h5",
    output:
        folder=directory(f"{EXPORTS}/swc/{{bucket}}"),
    log:
        f"{RESULTS}/logs/export_swc/{{bucket}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_swc/{{bucket}}.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_swc"),
        runtime=minutes("export_swc"),
    params:
        code=code_digest("export_swc"),
    script:
        "../scripts/export_swc.py"


rule export_nodes:
    """Write the skeletons of a bucket's cells as a table of nodes."""
    input:
        skeletons=f"{RESULTS}/skeletons/buckets/{{bucket}}.h5",
    output:
        table=f"{EXPORTS}/nodes/{{bucket}}.parquet",
    log:
        f"{RESULTS}/logs/export_nodes/{{bucket}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_nodes/{{bucket}}.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_nodes"),
        runtime=minutes("export_nodes"),
    params:
        code=code_digest("export_nodes"),
    script:
        "../scripts/export_nodes.py"


rule export_polygons:
    """Write the meshes of a bucket's cells as PLY or OBJ, one file per cell."""
    input:
        meshes=f"{RESULTS}/meshes/cells/buckets/{{bucket}}.h5",
    output:
        folder=directory(f"{EXPORTS}/{{format}}/{{bucket}}"),
    log:
        f"{RESULTS}/logs/export_polygons/{{format}}/{{bucket}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_polygons/{{format}}/{{bucket}}.tsv"
    wildcard_constraints:
        format="ply|obj",
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_polygons"),
        runtime=minutes("export_polygons"),
    params:
        code=code_digest("export_polygons"),
    script:
        "../scripts/export_polygons.py"
