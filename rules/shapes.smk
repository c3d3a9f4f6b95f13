"""Whole cells in numbers: their shape, and organelles along their skeletons.

REQUIRED INPUTS: skeletons/buckets/, meshes/cells/buckets/ (if cells are meshed), the
tables of organelles, connectome/cells.parquet; a map of myelin, if there is one.
OUTPUTS: cells/shapes.parquet, a row per cell; cells/places/{bucket}.parquet, a row per
object of an organelle; cells/myelin/{bucket}.parquet, a row per node of a skeleton.
"""


rule measure_places:
    """Find where along their cells' skeletons the organelles of a bucket lie."""
    input:
        skeletons=f"{RESULTS}/skeletons/buckets/{{bucket}}.h5",
        organelles=expand(
            f"{RESULTS}/organelles/{{organelle}}.parquet", organelle=INNER_ORGANELLES
        ),
    output:
        places=f"{RESULTS}/cells/places/{{bucket}}.parquet",
    log:
        f"{RESULTS}/logs/measure_places/{{bucket}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_places/{{bucket}}.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_places"),
        runtime=minutes("measure_places"),
    params:
        settings=(INNER_ORGANELLES, config["cells"]["soma_radius_nm"]),
        code=code_digest("measure_places"),
    script:
        "../scripts/measure_places.py"


rule measure_shapes:
    """Measure the shape of whole cells, and how much of them the dataset holds."""
    input:
        cells=f"{RESULTS}/connectome/cells.parquet",
        skeletons=bucket_files("skeletons/buckets/{bucket}.parquet"),
        meshes=(
            bucket_files("meshes/cells/buckets/{bucket}.parquet")
            if "cells" in MESHED
            else []
        ),
    output:
        shapes=f"{RESULTS}/cells/shapes.parquet",
    log:
        f"{RESULTS}/logs/measure_shapes.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_shapes.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_shapes"),
        runtime=minutes("measure_shapes"),
    params:
        organelles=INNER_ORGANELLES,
        space=(GRID.box, VOXEL_SIZE_NM),
        settings={k: v for k, v in config["cells"].items() if k != "buckets"},
        code=code_digest("measure_shapes"),
    script:
        "../scripts/measure_shapes.py"


rule measure_myelin:
    """Say which nodes of the skeletons of a bucket are myelinated."""
    input:
        volumes=volume_files("myelin"),
        skeletons=f"{RESULTS}/skeletons/buckets/{{bucket}}.h5",
    output:
        myelin=f"{RESULTS}/cells/myelin/{{bucket}}.parquet",
    log:
        f"{RESULTS}/logs/measure_myelin/{{bucket}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_myelin/{{bucket}}.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_myelin"),
        runtime=minutes("measure_myelin"),
    params:
        dataset=dataset_of("myelin"),
        block=BLOCK,
        settings=config["myelin"],
        code=code_digest("measure_myelin"),
    script:
        "../scripts/measure_myelin.py"
