"""Organelles: objects in probability maps, and the cells that they belong to.

REQUIRED INPUTS: maps of organelles; for cells, supervoxels, cells/membership.parquet.
OUTPUTS: organelles/{organelle}.parquet; in organelles/{organelle}/, objects.parquet,
overlaps.parquet, points.parquet, and the volumes of objects, chunks/{chunk}.h5.
"""

from functools import partial

ORGANELLE = f"{RESULTS}/organelles/{{organelle}}"
RECIPE = ("threshold", "opening_nm", "closing_nm", "erosion_nm", "min_seed_vx")
RECIPES = {o: {k: config["organelles"][o][k] for k in RECIPE} for o in ORGANELLES}
MAPPING = ("min_overlap", "min_mapping_vx")
MAPPINGS = {o: {k: config["organelles"][o][k] for k in MAPPING} for o in ORGANELLES}
MIN_SIZES = {o: config["organelles"][o]["min_size_vx"] for o in ORGANELLES}
MEMBERSHIP = [f"{RESULTS}/cells/membership.parquet"] if "supervoxels" in ROLES else []
of_organelle = partial(chunk_files, organelle="{organelle}")


rule label_organelles:
    """Label the basins of an organelle's map in one chunk."""
    input:
        volumes=lambda wildcards: volume_files(wildcards.organelle),
    output:
        labels=f"{ORGANELLE}/basins/{{chunk}}.h5",
        tables=f"{ORGANELLE}/basins/{{chunk}}.tables.h5",
    log:
        f"{RESULTS}/logs/label_organelles/{{organelle}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/label_organelles/{{organelle}}/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("label_organelles"),
        runtime=minutes("label_organelles"),
    params:
        dataset=lambda wildcards: dataset_of(wildcards.organelle),
        settings=lambda wildcards: RECIPES[wildcards.organelle],
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("label_organelles"),
    script:
        "../scripts/label_organelles.py"


rule link_organelles:
    """Join the basins of all chunks to objects, and number these."""
    input:
        tables=of_organelle("organelles/{organelle}/basins/{chunk}.tables.h5"),
    output:
        objects=f"{ORGANELLE}/seeded.parquet",
        links=f"{ORGANELLE}/links.parquet",
    log:
        f"{RESULTS}/logs/link_organelles/{{organelle}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/link_organelles/{{organelle}}.tsv"
    priority: 10  # while it waits, each look for jobs asks the disk for all its files
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("link_organelles"),
        runtime=minutes("link_organelles"),
    params:
        grid=(GRID.box, GRID.chunk_shape, VOXEL_SIZE_NM),
        settings=lambda wildcards: RECIPES[wildcards.organelle],
        min_size=lambda wildcards: MIN_SIZES[wildcards.organelle],
        code=code_digest("link_organelles"),
    script:
        "../scripts/link_organelles.py"


rule extract_organelles:
    """Count the voxels of organelles in one chunk, and what they overlap."""
    input:
        volumes=volume_files("supervoxels"),
        labels=f"{ORGANELLE}/basins/{{chunk}}.h5",
        links=f"{ORGANELLE}/links.parquet",
    output:
        labels=f"{ORGANELLE}/chunks/{{chunk}}.h5",
        objects=f"{ORGANELLE}/chunks/{{chunk}}.objects.parquet",
        points=f"{ORGANELLE}/chunks/{{chunk}}.points.parquet",
    log:
        f"{RESULTS}/logs/extract_organelles/{{organelle}}/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_organelles/{{organelle}}/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_organelles"),
        runtime=minutes("extract_organelles"),
    params:
        dataset=lambda wildcards: dataset_of("supervoxels", wildcards.organelle),
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("extract_organelles"),
    script:
        "../scripts/extract_organelles.py"


rule merge_organelles:
    """Add up what the chunks hold of organelles."""
    input:
        seeded=f"{ORGANELLE}/seeded.parquet",
        objects=of_organelle("organelles/{organelle}/chunks/{chunk}.objects.parquet"),
        points=of_organelle("organelles/{organelle}/chunks/{chunk}.points.parquet"),
    output:
        objects=f"{ORGANELLE}/objects.parquet",
        overlaps=f"{ORGANELLE}/overlaps.parquet",
        points=f"{ORGANELLE}/points.parquet",
    log:
        f"{RESULTS}/logs/merge_organelles/{{organelle}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_organelles/{{organelle}}.tsv"
    priority: 10  # while it waits, each look for jobs asks the disk for all its files
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("merge_organelles"),
        runtime=minutes("merge_organelles"),
    params:
        voxel_size_nm=VOXEL_SIZE_NM,
        code=code_digest("merge_organelles"),
    script:
        "../scripts/merge_organelles.py"


rule measure_organelles:
    """Map organelles to cells, and measure them."""
    input:
        objects=f"{ORGANELLE}/objects.parquet",
        overlaps=f"{ORGANELLE}/overlaps.parquet",
        membership=MEMBERSHIP,
    output:
        organelles=f"{ORGANELLE}.parquet",
    log:
        f"{RESULTS}/logs/measure_organelles/{{organelle}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_organelles/{{organelle}}.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_organelles"),
        runtime=minutes("measure_organelles"),
    params:
        settings=lambda wildcards: MAPPINGS[wildcards.organelle],
        voxel_size_nm=VOXEL_SIZE_NM,
        code=code_digest("measure_organelles"),
    script:
        "../scripts/measure_organelles.py"
