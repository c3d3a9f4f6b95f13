"""Figures of the tour of a run: from a map of membranes, or a segmentation, on.

REQUIRED INPUTS: supervoxels, cells, labels of organelles; meshes of cells.
OUTPUTS: figures/{stages,sections,thresholds,cells}.png and .svg, with the numbers that
they show in .parquet.
"""


rule plot_stages:
    """Draw one place in all stages from raw to cells."""
    input:
        membership=f"{RESULTS}/cells/membership.parquet",
        volumes=volume_files("raw", "membrane", "supervoxels"),
    output:
        **figure_files("stages", "Stages"),
    log:
        f"{RESULTS}/logs/plot_stages.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_stages.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_stages"),
        runtime=minutes("plot_stages"),
    params:
        dataset=dataset_of("supervoxels", "raw", "membrane"),
        window_nm=2500,
        pixel_nm=VOXEL_SIZE_NM[1:],
        code=code_digest("plot_stages"),
    script:
        "../scripts/plot_stages.py"


rule plot_sections:
    """Draw sections one after the other: cells coloured, organelles outlined."""
    input:
        **label_files(),
        membership=f"{RESULTS}/cells/membership.parquet",
    output:
        **figure_files("sections", "Sections"),
    log:
        f"{RESULTS}/logs/plot_sections.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_sections.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_sections"),
        runtime=minutes("plot_sections"),
    params:
        dataset=dataset_of("supervoxels", "raw"),
        window_nm=5000,
        most=10,
        code=code_digest("plot_sections"),
    script:
        "../scripts/plot_sections.py"


rule plot_thresholds:
    """Draw what another threshold of the agglomeration would change."""
    input:
        supervoxels=f"{RESULTS}/cells/supervoxels.parquet",
        edges=AGGLOMERATION.get("edges", []),
        scores=threshold_scores(),
        volumes=volume_files("supervoxels", "raw"),
    output:
        **figure_files("thresholds", "Thresholds"),
    log:
        f"{RESULTS}/logs/plot_thresholds.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_thresholds.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_thresholds"),
        runtime=minutes("plot_thresholds"),
    params:
        dataset=dataset_of("supervoxels", "raw"),
        window_nm=5000,
        threshold=AGGLOMERATION.get("threshold"),
        box=GRID.box,
        code=code_digest("plot_thresholds"),
    script:
        "../scripts/plot_thresholds.py"


rule plot_cells:
    """Draw the largest cells as meshes, together and each by itself."""
    input:
        cells=f"{RESULTS}/connectome/cells.parquet",
        meshes=bucket_files("meshes/cells/buckets/{bucket}.h5"),
    output:
        **figure_files("cells", "Cells"),
    log:
        f"{RESULTS}/logs/plot_cells.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_cells.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_cells"),
        runtime=minutes("plot_cells"),
    params:
        box_nm=[[n * s for n, s in zip(end, VOXEL_SIZE_NM)] for end in GRID.box],
        most=10,
        code=code_digest("plot_cells"),
    script:
        "../scripts/plot_cells.py"
