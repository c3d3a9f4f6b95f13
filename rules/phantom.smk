"""Make synthetic tissue with known truth, its images and its maps.

REQUIRED INPUTS: none; the section `phantom` of the config.
OUTPUTS: phantom/volumes.h5 (raw, supervoxels, maps), phantom/edges.parquet (scored
agglomeration), phantom/truth.h5 and phantom/truth/*.parquet (the truth),
phantom/statistics.parquet (what it is like, beside published values).
"""

SETTINGS = config.get("phantom", {})
TISSUE = {
    name: f"{RESULTS}/phantom/tissue/{name}.parquet"
    for name in ("cells", "nodes", "organelles", "synapses", "false_objects")
}
TRUTH = {
    name: f"{RESULTS}/phantom/truth/{name}.parquet"
    for name in (
        "cells",
        "skeletons",
        "synapses",
        "organelles",
        "contacts",
        "edges",
        "membership",
    )
}


rule grow_phantom:
    """Grow the cells of the phantom, pack them side by side, wire and fill them."""
    output:
        **TISSUE,
    log:
        f"{RESULTS}/logs/grow_phantom.log",
    benchmark:
        f"{RESULTS}/benchmarks/grow_phantom.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("grow_phantom"),
        runtime=minutes("grow_phantom"),
    params:
        settings=SETTINGS,
        voxel_size_nm=DATASET["voxel_size_nm"],
        code=code_digest("grow_phantom"),
    script:
        "../scripts/grow_phantom.py"


rule render_phantom:
    """Render the volumes and the truth of one chunk of the phantom."""
    input:
        **TISSUE,
    output:
        volumes=f"{RESULTS}/phantom/chunks/{{chunk}}.h5",
        truth=f"{RESULTS}/phantom/truth/chunks/{{chunk}}.h5",
        counts=f"{RESULTS}/phantom/truth/chunks/{{chunk}}.parquet",
        fragments=f"{RESULTS}/phantom/chunks/{{chunk}}.parquet",
    log:
        f"{RESULTS}/logs/render_phantom/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/render_phantom/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("render_phantom"),
        runtime=minutes("render_phantom"),
    params:
        settings=SETTINGS,
        voxel_size_nm=DATASET["voxel_size_nm"],
        core=core_box,
        whole=GRID.box,
        block=BLOCK,
        code=code_digest("render_phantom"),
    script:
        "../scripts/render_phantom.py"


rule merge_phantom:
    """Merge the truth of all chunks of the phantom, and join their volumes."""
    input:
        **TISSUE,
        volumes=chunk_files("phantom/chunks/{chunk}.h5"),
        truth=chunk_files("phantom/truth/chunks/{chunk}.h5"),
        counts=chunk_files("phantom/truth/chunks/{chunk}.parquet"),
        fragments=chunk_files("phantom/chunks/{chunk}.parquet"),
    output:
        **TRUTH,
        volumes=f"{RESULTS}/phantom/volumes.h5",
        truth=f"{RESULTS}/phantom/truth.h5",
        agglomeration=f"{RESULTS}/phantom/edges.parquet",
        statistics=f"{RESULTS}/phantom/statistics.parquet",
    log:
        f"{RESULTS}/logs/merge_phantom.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_phantom.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("merge_phantom"),
        runtime=minutes("merge_phantom"),
    params:
        settings=SETTINGS,
        voxel_size_nm=DATASET["voxel_size_nm"],
        code=code_digest("merge_phantom"),
    script:
        "../scripts/merge_phantom.py"
