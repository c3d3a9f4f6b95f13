"""Figures, for readers and for the report.

REQUIRED INPUTS: the results of the stages; raw data and truth where they exist.
OUTPUTS: figures/<figure>.png and .svg, with the numbers that they show in .parquet.
"""


rule plot_slices:
    """Draw slices along all three axes, with every class overlaid."""
    input:
        **label_files(),
        membership=f"{RESULTS}/cells/membership.parquet",
        contacts=chunk_files("contacts/chunks/{chunk}.h5"),
        site_labels=f"{RESULTS}/contacts/labels.parquet",
        site_contacts=f"{RESULTS}/contacts/site_contacts.parquet",
    output:
        **figure_files("slices", "Slices"),
    log:
        f"{RESULTS}/logs/plot_slices.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_slices.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_slices"),
        runtime=minutes("plot_slices"),
    params:
        dataset=dataset_of("supervoxels", "raw", "myelin"),
        window_nm=5000,
        code=code_digest("plot_slices"),
    script:
        "../scripts/plot_slices.py"


rule plot_matrix:
    """Draw the connectivity matrix, sorted by type where types are known."""
    input:
        **known_types(),
        edges=f"{RESULTS}/connectome/edges.parquet",
    output:
        **figure_files("matrix", "Connectivity"),
    log:
        f"{RESULTS}/logs/plot_matrix.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_matrix.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_matrix"),
        runtime=minutes("plot_matrix"),
    params:
        code=code_digest("plot_matrix"),
    script:
        "../scripts/plot_matrix.py"


rule plot_sizes:
    """Draw the distributions of sizes of all kinds of objects."""
    input:
        **size_files(),
    output:
        **figure_files("sizes", "Sizes"),
    log:
        f"{RESULTS}/logs/plot_sizes.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_sizes.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_sizes"),
        runtime=minutes("plot_sizes"),
    params:
        min_p_synaptic=config["synapses"]["min_p_synaptic"],
        code=code_digest("plot_sizes"),
    script:
        "../scripts/plot_sizes.py"


rule plot_runs:
    """Draw time and memory per rule."""
    input:
        all_but_runs,
    output:
        **figure_files("runs", "Time and memory"),
    log:
        f"{RESULTS}/logs/plot_runs.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_runs.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_runs"),
        runtime=minutes("plot_runs"),
    params:
        folder=f"{RESULTS}/benchmarks",
        code=code_digest("plot_runs"),
    script:
        "../scripts/plot_runs.py"


rule plot_segmentation:
    """Draw how good cells are at every threshold of their edges."""
    input:
        scores=f"{RESULTS}/evaluation/segmentation.parquet",
    output:
        **figure_files("segmentation", "Segmentation"),
    log:
        f"{RESULTS}/logs/plot_segmentation.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_segmentation.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_segmentation"),
        runtime=minutes("plot_segmentation"),
    params:
        # Of edges that the run did not make, scores are on another scale.
        chosen=AGGLOMERATION["threshold"] if "made" in AGGLOMERATION else None,
        code=code_digest("plot_segmentation"),
    script:
        "../scripts/plot_segmentation.py"
