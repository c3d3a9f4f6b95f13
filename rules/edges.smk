"""Edges between supervoxels that are made from a map of membranes, and their scores.

REQUIRED INPUTS: segmentation/supervoxels.h5, the map of membranes or affinities.
OUTPUTS: segmentation/edges.parquet, scored; with a model segmentation/scores.parquet,
what it says of them; segmentation/joins.parquet, which of them join which supervoxels in
what order, for the agglomeration.
"""

from neuropil.config_files import resolve_model

SUPERVOXELS = f"{RESULTS}/cells/supervoxels.parquet"
OWN_MODEL = f"{OF_SEGMENTS}/model.skops"
with explained():
    EDGE_MODEL = resolve_model(config, "segmentation", workflow.basedir, OWN_MODEL)
SCORED_EDGES = f"{OF_SEGMENTS}/{'scores' if EDGE_MODEL else 'edges'}.parquet"


rule extract_edges:
    """Measure the faces between supervoxels in one chunk."""
    input:
        volumes=volume_files("supervoxels", "membrane"),
    output:
        edges=f"{OF_SEGMENTS}/chunks/{{chunk}}.edges.parquet",
    log:
        f"{RESULTS}/logs/extract_edges/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_edges/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_edges"),
        runtime=minutes("extract_edges"),
    params:
        dataset=dataset_of("supervoxels", "membrane"),
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("extract_edges"),
    script:
        "../scripts/extract_edges.py"


rule merge_edges:
    """Add up the edges of all chunks, and score them."""
    input:
        edges=chunk_files("segmentation/chunks/{chunk}.edges.parquet"),
        # Of profiles in sections, it counts how large they are.
        supervoxels=[SUPERVOXELS] if SEGMENTATION["sections"] else [],
    output:
        edges=f"{OF_SEGMENTS}/edges.parquet",
        sums=f"{OF_SEGMENTS}/sums.parquet",
    log:
        f"{RESULTS}/logs/merge_edges.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_edges.tsv"
    priority: 10
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("merge_edges"),
        runtime=minutes("merge_edges"),
    params:
        voxel_size_nm=VOXEL_SIZE_NM,
        score=SEGMENTATION["score"],
        code=code_digest("merge_edges"),
    script:
        "../scripts/merge_edges.py"


rule measure_edges:
    """Measure what a model of edges sees of each of them."""
    input:
        sums=rules.merge_edges.output.sums,
        moments=chunk_files("segmentation/chunks/{chunk}.moments.parquet"),
    output:
        features=f"{OF_SEGMENTS}/features.parquet",
    log:
        f"{RESULTS}/logs/measure_edges.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_edges.tsv"
    priority: 10
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_edges"),
        runtime=minutes("measure_edges"),
    params:
        voxel_size_nm=VOXEL_SIZE_NM,
        code=code_digest("measure_edges"),
    script:
        "../scripts/measure_edges.py"


rule predict_edges:
    """Predict by a trained model how surely the sides of edges are one cell."""
    input:
        features=rules.measure_edges.output.features,
        model=EDGE_MODEL or [],
    output:
        scores=f"{OF_SEGMENTS}/scores.parquet",
    log:
        f"{RESULTS}/logs/predict_edges.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_edges.tsv"
    conda:
        "../envs/classifier.yaml"
    resources:
        mem_mb=memory("predict_edges"),
        runtime=minutes("predict_edges"),
    params:
        code=code_digest("predict_edges"),
    script:
        "../scripts/predict_edges.py"


rule link_cells:
    """Join supervoxels along the best edge first, and score edges anew."""
    input:
        sums=rules.merge_edges.output.sums,
        scores=[rules.predict_edges.output.scores] if EDGE_MODEL else [],
    output:
        joins=f"{OF_SEGMENTS}/joins.parquet",
    log:
        f"{RESULTS}/logs/link_cells.log",
    benchmark:
        f"{RESULTS}/benchmarks/link_cells.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("link_cells"),
        runtime=minutes("link_cells"),
    params:
        score=SEGMENTATION["score"],
        code=code_digest("link_cells"),
    script:
        "../scripts/link_cells.py"
