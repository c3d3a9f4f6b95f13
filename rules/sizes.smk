"""Sizes of synapses and pairs of cells with several, of the run and of tables of others.

REQUIRED INPUTS: connectome/synapses.parquet (if there are junctions), and the tables
that the config names (section `tables`).
OUTPUTS: tables/<table>.parquet (a table of others in the project's columns),
sizes/<table>.parquet and .json (statistics), figures/synapses/<table>.png, .svg and
.parquet; <table> is a name of the config, or connectome for the run's own.
"""

from neuropil.dataset import resolve_tables

with explained():
    GIVEN = resolve_tables(config)
MIN_P = (config["synapses"]["min_p_synaptic"], config["synapses"]["min_p_direction"])


wildcard_constraints:
    table="|".join(["connectome", *GIVEN]),


rule write_tables:
    """Write a table of synapses of others with the columns of the project's own."""
    input:
        table=lambda wildcards: GIVEN[wildcards.table]["path"],
    output:
        synapses=f"{RESULTS}/tables/{{table}}.parquet",
    log:
        f"{RESULTS}/logs/write_tables/{{table}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_tables/{{table}}.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("write_tables"),
        runtime=minutes("write_tables"),
    params:
        given=lambda wildcards: GIVEN[wildcards.table],
        code=code_digest("write_tables"),
    script:
        "../scripts/write_tables.py"


rule measure_sizes:
    """Measure sizes of synapses, and pairs of cells with several."""
    input:
        unpack(sized_files),
    output:
        table=f"{RESULTS}/sizes/{{table}}.parquet",
        json=f"{RESULTS}/sizes/{{table}}.json",
    log:
        f"{RESULTS}/logs/measure_sizes/{{table}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_sizes/{{table}}.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_sizes"),
        runtime=minutes("measure_sizes"),
    params:
        given=lambda wildcards: GIVEN.get(wildcards.table, {}),
        thresholds=MIN_P,
        sizes=config["sizes"],
        code=code_digest("measure_sizes"),
    script:
        "../scripts/measure_sizes.py"


rule plot_synapses:
    """Draw sizes of synapses and pairs of cells with several, beside what chance gives."""
    input:
        synapses=synapse_table,
        statistics=f"{RESULTS}/sizes/{{table}}.parquet",
    output:
        **figure_files("synapses/{table}", "Synapses of {table}"),
    log:
        f"{RESULTS}/logs/plot_synapses/{{table}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_synapses/{{table}}.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_synapses"),
        runtime=minutes("plot_synapses"),
    params:
        thresholds=MIN_P,
        code=code_digest("plot_synapses"),
    script:
        "../scripts/plot_synapses.py"
