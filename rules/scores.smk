"""What only known truth can show: scores, worst cases, the planted effect.

REQUIRED INPUTS: evaluation/*.parquet, the phantom's truth, volumes and labels.
OUTPUTS: evaluation/evaluation.json (scores), evaluation/evaluation.html (scores against
their bars, and the worst cases as images), evaluation/thresholds.parquet (scores at
thresholds of probability), figures/distances.*, figures/statistics.*.
"""

MATCHED = {
    "synapses": rules.evaluate_synapses.output.matches,
    "edges": rules.evaluate_connectome.output.edges,
    "contacts": rules.evaluate_connectome.output.contacts,
    "organelles": expand(rules.evaluate_organelles.output.matches, organelle=EVALUATED),
}


rule summarise_evaluation:
    """Sum up every comparison with the truth."""
    input:
        **MATCHED,
    output:
        scores=f"{MATCHES}/evaluation.json",
    log:
        f"{RESULTS}/logs/summarise_evaluation.log",
    benchmark:
        f"{RESULTS}/benchmarks/summarise_evaluation.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("summarise_evaluation"),
        runtime=minutes("summarise_evaluation"),
    params:
        code=code_digest("summarise_evaluation"),
    script:
        "../scripts/summarise_evaluation.py"


rule render_evaluation:
    """Show the scores against their bars, and the worst cases as images."""
    input:
        **MATCHED,
        scores=rules.summarise_evaluation.output.scores,
        truth=chunk_files("phantom/truth/chunks/{chunk}.h5"),
        labels=labels_evaluated(),
        volumes=volume_files("raw"),
    output:
        **evaluation_page(),
    log:
        f"{RESULTS}/logs/render_evaluation.log",
    benchmark:
        f"{RESULTS}/benchmarks/render_evaluation.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("render_evaluation"),
        runtime=minutes("render_evaluation"),
    params:
        dataset=dataset_of("raw"),
        name=config["dataset"],
        code=code_digest("render_evaluation"),
    script:
        "../scripts/render_evaluation.py"


rule plot_distances:
    """Draw how far synapses are from presynaptic mitochondria, by type."""
    input:
        **known_types(),
        synapses=f"{RESULTS}/connectome/synapses.parquet",
    output:
        **figure_files("distances", "Mitochondria"),
    log:
        f"{RESULTS}/logs/plot_distances.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_distances.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_distances"),
        runtime=minutes("plot_distances"),
    params:
        min_p_synaptic=config["synapses"]["min_p_synaptic"],
        code=code_digest("plot_distances"),
    script:
        "../scripts/plot_distances.py"


rule plot_statistics:
    """Draw what the phantom is like, next to published values."""
    input:
        statistics=rules.merge_phantom.output.statistics,
    output:
        **figure_files("statistics", "Phantom"),
    log:
        f"{RESULTS}/logs/plot_statistics.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_statistics.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_statistics"),
        runtime=minutes("plot_statistics"),
    params:
        code=code_digest("plot_statistics"),
    script:
        "../scripts/plot_statistics.py"


rule evaluate_thresholds:
    """Score synapses and edges at thresholds of probability."""
    input:
        synapses=rules.measure_connectome.output.synapses,
        cells=rules.evaluate_cells.output.cells,
        true_synapses=TRUTH["synapses"],
        true_edges=TRUTH["edges"],
    output:
        scores=f"{MATCHES}/thresholds.parquet",
    log:
        f"{RESULTS}/logs/evaluate_thresholds.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_thresholds.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("evaluate_thresholds"),
        runtime=minutes("evaluate_thresholds"),
    params:
        settings=AT_THRESHOLDS,
        code=code_digest("evaluate_thresholds"),
    script:
        "../scripts/evaluate_thresholds.py"
