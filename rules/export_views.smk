"""What Neuroglancer shows at first: numbers of cells, and a state that opens all.

REQUIRED INPUTS: connectome/cells.parquet.
OUTPUTS: exports/neuroglancer/cells/properties/info, exports/neuroglancer/state.json.
"""


rule export_properties:
    """Write the numbers of cells for Neuroglancer."""
    input:
        cells=f"{RESULTS}/connectome/cells.parquet",
    output:
        info=f"{VIEWER}/cells/properties/info",
    log:
        f"{RESULTS}/logs/export_properties.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_properties.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=4_000,
        runtime=30,
    params:
        code=code_digest("export_properties"),
    script:
        "../scripts/export_properties.py"


rule export_state:
    """Write a state of Neuroglancer that opens all that is exported for it."""
    output:
        state=f"{VIEWER}/state.json",
    log:
        f"{RESULTS}/logs/export_state.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_state.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=1_000,
        runtime=10,
    params:
        view=VIEW,
        code=code_digest("export_state"),
    script:
        "../scripts/export_state.py"
