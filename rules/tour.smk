"""The tour of a run: a page that leads from what was given to the connectome.

REQUIRED INPUTS: every final file of the dataset; the figures of tour_figures.smk.
OUTPUTS: tour.html, which needs no other file; figures/doubts.png, .svg and .parquet.
"""


rule plot_doubts:
    """Draw what lies as it can hardly be right: the largest cases of every kind."""
    input:
        **label_files(),
        objects=expand(f"{RESULTS}/organelles/{{name}}.parquet", name=ORGANELLES),
        synapses=f"{RESULTS}/connectome/synapses.parquet" if "sj" in ORGANELLES else [],
        supervoxels=f"{RESULTS}/cells/supervoxels.parquet",
        membership=f"{RESULTS}/cells/membership.parquet",
    output:
        **figure_files("doubts", "Doubts"),
    log:
        f"{RESULTS}/logs/plot_doubts.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_doubts.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_doubts"),
        runtime=minutes("plot_doubts"),
    params:
        dataset=dataset_of("supervoxels", "raw"),
        shown=(GRID.box, 6, 1000),
        code=code_digest("plot_doubts"),
    script:
        "../scripts/plot_doubts.py"


rule render_tour:
    """Lead through the run on one page, with its pictures and numbers."""
    input:
        files=tour_files,
        supervoxels=f"{RESULTS}/cells/supervoxels.parquet",
    output:
        page=report(f"{RESULTS}/tour.html", category="Summary"),
    log:
        f"{RESULTS}/logs/render_tour.log",
    benchmark:
        f"{RESULTS}/benchmarks/render_tour.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("render_tour"),
        runtime=minutes("render_tour"),
    params:
        dataset=dataset_of(*ROLES),
        settings={k: config[k] for k in ("dataset", "segmentation")} | AGGLOMERATION,
        code=code_digest("render_tour"),
    script:
        "../scripts/render_tour.py"
