"""Meshes of sheets: of synapses and contacts, the thin objects between two cells.

REQUIRED INPUTS: contacts/ or synapses/ with their voxels in chunks and their tables. What
is meshed, and by which method: config, `meshes`.
OUTPUTS: meshes/{sheet}/buckets/{bucket}.h5 with the meshes, .parquet with a table;
meshes/{sheet}/areas.parquet, beside the areas by lines.
"""

SHEET_FILES = {  # voxels in a chunk, what they are of, and the table of all
    "synapses": (
        "synapses/chunks/{chunk}.voxels.parquet",
        ["synapses/members.parquet"],
        "connectome/synapses.parquet",
    ),
    "contacts": (
        "contacts/chunks/{chunk}.h5",
        ["contacts/labels.parquet", "contacts/site_contacts.parquet"],
        "contacts/contacts.parquet",
    ),
}


# Patterns of cells and organelles match sheets as well.
ruleorder: extract_sheets > extract_meshes
ruleorder: merge_sheets > merge_poisson > merge_meshes


rule extract_sheets:
    """Find the voxels of synapses, or of contacts, in one chunk."""
    input:
        voxels=lambda w: f"{RESULTS}/{SHEET_FILES[w.sheet][0]}",
        tables=lambda w: expand(f"{RESULTS}/{{table}}", table=SHEET_FILES[w.sheet][1]),
    output:
        pieces=f"{SHEET}/chunks/{{chunk}}.h5",
    log:
        f"{RESULTS}/logs/extract_sheets/{{sheet}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_sheets/{{sheet}}/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_sheets"),
        runtime=minutes("extract_sheets"),
    params:
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        buckets=len(BUCKETS),
        code=code_digest("extract_sheets"),
    script:
        "../scripts/extract_sheets.py"


rule merge_sheets:
    """Mesh the synapses, or contacts, of a bucket."""
    input:
        gate=gate("meshes/{sheet}"),
        pieces=ancient(piece_files("meshes/{{sheet}}")),
    output:
        meshes=f"{SHEET}/buckets/{{bucket}}.h5",
        table=f"{SHEET}/buckets/{{bucket}}.parquet",
    log:
        f"{RESULTS}/logs/merge_sheets/{{sheet}}/{{bucket}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_sheets/{{sheet}}/{{bucket}}.tsv"
    wildcard_constraints:
        sheet=sheets_by("marching_cubes"),
    conda:
        "../envs/meshes.yaml"
    resources:
        mem_mb=memory("merge_sheets"),
        runtime=minutes("merge_sheets"),
    params:
        settings=lambda w: (VOXEL_SIZE_NM, MESHING[w.sheet]["max_error_nm"]),
        code=code_digest("merge_sheets"),
    script:
        "../scripts/merge_sheets.py"


rule measure_sheets:
    """Compare the areas of synapses, or contacts, by their meshes and by lines."""
    input:
        tables=bucket_files("meshes/{sheet}/buckets/{bucket}.parquet", sheet="{sheet}"),
        lines=lambda w: f"{RESULTS}/{SHEET_FILES[w.sheet][2]}",
    output:
        areas=f"{SHEET}/areas.parquet",
    log:
        f"{RESULTS}/logs/measure_sheets/{{sheet}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_sheets/{{sheet}}.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_sheets"),
        runtime=minutes("measure_sheets"),
    params:
        columns=lambda w: [w.sheet.removesuffix("s"), "area_um2"],
        code=code_digest("measure_sheets"),
    script:
        "../scripts/measure_sheets.py"
