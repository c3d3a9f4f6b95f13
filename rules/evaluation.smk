"""Compare the results with the truth; only of a phantom, whose truth is known.

REQUIRED INPUTS: the phantom's truth (tables and labels), and the results of all stages.
OUTPUTS: evaluation/*.parquet and evaluation/organelles/*.parquet, item by item: what was
found, missed and wrong, and why.
"""

MATCHES = f"{RESULTS}/evaluation"
EVALUATED = [name for name in ORGANELLES if name in ("sj", "mi", "vc")]


rule evaluate_cells:
    """Find which true cell each predicted cell is."""
    input:
        membership=f"{RESULTS}/cells/membership.parquet",
        supervoxels=f"{RESULTS}/cells/supervoxels.parquet",
        truth=TRUTH["membership"],
        shares=share_files(),
    output:
        cells=f"{MATCHES}/cells.parquet",
    log:
        f"{RESULTS}/logs/evaluate_cells.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_cells.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("evaluate_cells"),
        runtime=minutes("evaluate_cells"),
    params:
        code=code_digest("evaluate_cells"),
    script:
        "../scripts/evaluate_cells.py"


rule evaluate_synapses:
    """Match predicted with true synapses, and say why some differ."""
    input:
        synapses=f"{RESULTS}/connectome/synapses.parquet",
        cells=rules.evaluate_cells.output.cells,
        junctions=f"{MATCHES}/organelles/sj.parquet",
        truth=TRUTH["synapses"],
    output:
        matches=f"{MATCHES}/synapses.parquet",
    log:
        f"{RESULTS}/logs/evaluate_synapses.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_synapses.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("evaluate_synapses"),
        runtime=minutes("evaluate_synapses"),
    params:
        min_p_synaptic=config["synapses"]["min_p_synaptic"],
        code=code_digest("evaluate_synapses"),
    script:
        "../scripts/evaluate_synapses.py"


rule extract_overlaps:
    """Count the voxels that true and predicted objects share in one chunk."""
    input:
        truth=f"{RESULTS}/phantom/truth/chunks/{{chunk}}.h5",
        labels=f"{RESULTS}/organelles/{{organelle}}/chunks/{{chunk}}.h5",
    output:
        overlaps=f"{MATCHES}/chunks/{{chunk}}.{{organelle}}.parquet",
    log:
        f"{RESULTS}/logs/extract_overlaps/{{chunk}}.{{organelle}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_overlaps/{{chunk}}.{{organelle}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_overlaps"),
        runtime=minutes("extract_overlaps"),
    params:
        core=core_box,
        block=BLOCK,
        code=code_digest("extract_overlaps"),
    script:
        "../scripts/extract_overlaps.py"


rule evaluate_organelles:
    """Match predicted with true objects of one organelle."""
    input:
        overlaps=lambda wildcards: chunk_files(
            "evaluation/chunks/{chunk}.{organelle}.parquet", **wildcards
        ),
        objects=f"{RESULTS}/organelles/{{organelle}}.parquet",
        cells=rules.evaluate_cells.output.cells,
        organelles=TRUTH["organelles"],
        synapses=TRUTH["synapses"],
    output:
        matches=f"{MATCHES}/organelles/{{organelle}}.parquet",
    log:
        f"{RESULTS}/logs/evaluate_organelles/{{organelle}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_organelles/{{organelle}}.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("evaluate_organelles"),
        runtime=minutes("evaluate_organelles"),
    params:
        min_size_vx=lambda wildcards: MIN_SIZES[wildcards.organelle],
        code=code_digest("evaluate_organelles"),
    script:
        "../scripts/evaluate_organelles.py"


rule evaluate_connectome:
    """Compare connections and contact areas with the truth."""
    input:
        edges=f"{RESULTS}/connectome/edges.parquet",
        contacts=f"{RESULTS}/contacts/pairs.parquet",
        cells=rules.evaluate_cells.output.cells,
        true_edges=TRUTH["edges"],
        true_contacts=TRUTH["contacts"],
    output:
        edges=f"{MATCHES}/edges.parquet",
        contacts=f"{MATCHES}/contacts.parquet",
    log:
        f"{RESULTS}/logs/evaluate_connectome.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_connectome.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("evaluate_connectome"),
        runtime=minutes("evaluate_connectome"),
    params:
        code=code_digest("evaluate_connectome"),
    script:
        "../scripts/evaluate_connectome.py"
