"""A map of membranes from raw grey values (config: `segmentation: {map: raw}`).

REQUIRED INPUTS: raw grey values.
OUTPUTS: maps/membrane.h5, which the other rules read as the volume of membranes;
maps/levels.json, the grey levels that it was made with.
"""

SHEETS_BY = {**config["membranes"], "sections": config["segmentation"]["sections"]}


rule measure_levels:
    """Find the grey levels between which the map of membranes rises."""
    input:
        volumes=volume_files("raw"),
    output:
        levels=f"{RESULTS}/maps/levels.json",
    log:
        f"{RESULTS}/logs/measure_levels.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_levels.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_levels"),
        runtime=minutes("measure_levels"),
    params:
        dataset=dataset_of("raw"),
        settings=SHEETS_BY,
        code=code_digest("measure_levels"),
    script:
        "../scripts/measure_levels.py"


rule predict_membranes:
    """Make the map of membranes of one chunk by a filter of its grey values."""
    input:
        volumes=volume_files("raw"),
        levels=f"{RESULTS}/maps/levels.json",
    output:
        membranes=f"{RESULTS}/maps/chunks/{{chunk}}.h5",
    log:
        f"{RESULTS}/logs/predict_membranes/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_membranes/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("predict_membranes"),
        runtime=minutes("predict_membranes"),
    params:
        dataset=dataset_of("raw"),
        settings=SHEETS_BY,
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("predict_membranes"),
    script:
        "../scripts/predict_membranes.py"


rule merge_membranes:
    """Join the maps of membranes of all chunks to one volume, without a copy."""
    input:
        membranes=chunk_files("maps/chunks/{chunk}.h5"),
    output:
        membranes=f"{RESULTS}/maps/membrane.h5",
    log:
        f"{RESULTS}/logs/merge_membranes.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_membranes.tsv"
    priority: 10
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("merge_membranes"),
        runtime=minutes("merge_membranes"),
    params:
        code=code_digest("merge_membranes"),
    script:
        "../scripts/merge_membranes.py"
