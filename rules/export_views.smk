"""What Neuroglancer shows of the connectome, and a state that opens all there is.

REQUIRED INPUTS: connectome/cells.parquet, connectome/synapses.parquet.
OUTPUTS: in exports/neuroglancer, cells/properties (numbers of cells), synapses (points),
and state.json.
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
        mem_mb=memory("export_properties"),
        runtime=minutes("export_properties"),
    params:
        code=code_digest("export_properties"),
    script:
        "../scripts/export_properties.py"


# A folder as output: Snakemake removes it before the job, and the job makes it whole.
rule export_annotations:
    """Write the synapses for Neuroglancer, found by id, by cell and by place."""
    input:
        synapses=f"{RESULTS}/connectome/synapses.parquet",
    output:
        folder=directory(f"{VIEWER}/synapses"),
    log:
        f"{RESULTS}/logs/export_annotations.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_annotations.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_annotations"),
        runtime=minutes("export_annotations"),
    params:
        space_nm=SPACE_NM,
        sharding=SHARDING,
        limit=config["exports"]["points_shown"],
        code=code_digest("export_annotations"),
    script:
        "../scripts/export_annotations.py"


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
        mem_mb=memory("export_state"),
        runtime=minutes("export_state"),
    params:
        view=VIEW,
        code=code_digest("export_state"),
    script:
        "../scripts/export_state.py"
