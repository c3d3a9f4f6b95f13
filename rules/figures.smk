"""Figures, for readers and for the report.

REQUIRED INPUTS: the results of the stages; raw data and truth where they exist.
OUTPUTS: figures/<figure>.png and .svg, with the numbers that they show in .parquet.
"""


def figures():
    """Name the figures that the dataset's volumes allow."""
    names = ["slices", "sizes", "runs"]
    names += ["matrix"] * ("sj" in ORGANELLES)
    names += ["distances", "statistics"] * PHANTOM
    return names


def figure_files(name, label):
    """Name the files of a figure; the picture goes into the report."""
    path = f"{RESULTS}/figures/{name}"
    caption = f"captions/{name}.rst"
    kind = {"figure": label}
    return {
        "png": report(f"{path}.png", caption=caption, category="Figures", labels=kind),
        "svg": f"{path}.svg",
        "numbers": f"{path}.parquet",
    }


def label_files():
    """Name the chunk files of each organelle's labels."""
    pattern = "organelles/{organelle}/chunks/{chunk}.h5"
    return {name: chunk_files(pattern, organelle=name) for name in ORGANELLES}


def all_but_runs(wildcards):
    """Name the final files whose cost is shown: all but the figure that shows it."""
    return [path for path in final_files() if not path.endswith("figures/runs.png")]


def known_types():
    """Name the tables that tell the types of cells; none without truth."""
    files = {
        "cells": f"{RESULTS}/evaluation/cells.parquet",
        "types": f"{RESULTS}/phantom/truth/cells.parquet",
    }
    return files if PHANTOM else {}


def size_files():
    """Name the tables that hold sizes."""
    pattern = f"{RESULTS}/organelles/{{organelle}}.parquet"
    files = {
        "contacts": f"{RESULTS}/contacts/contacts.parquet",
        "cells": f"{RESULTS}/connectome/cells.parquet",
        "organelles": expand(pattern, organelle=ORGANELLES),
    }
    if "sj" in ORGANELLES:
        files["synapses"] = f"{RESULTS}/connectome/synapses.parquet"
    return files


rule plot_slices:
    """Draw slices along all three axes, with every class overlaid."""
    input:
        **label_files(),
        membership=f"{RESULTS}/cells/membership.parquet",
        contacts=chunk_files("contacts/chunks/{chunk}.h5"),
    output:
        **figure_files("slices", "Slices"),
    log:
        f"{RESULTS}/logs/plot_slices.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_slices.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=4_000,
        runtime=30,
    params:
        dataset=DATASET,
        window_nm=8000,
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
        mem_mb=4_000,
        runtime=30,
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
        mem_mb=4_000,
        runtime=30,
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
        mem_mb=4_000,
        runtime=30,
    params:
        folder=f"{RESULTS}/benchmarks",
        code=code_digest("plot_runs"),
    script:
        "../scripts/plot_runs.py"
