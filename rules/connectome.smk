"""Put synapses together to the connectome.

REQUIRED INPUTS: the tables of synapses (if there are junctions), cells, contacts and
organelles.
OUTPUTS: connectome/cells.parquet, synapses.parquet (all candidates, with
probabilities), edges.parquet (directed pairs of cells), expected_edges.parquet (all
pairs with a candidate), thresholds.parquet (what thresholds of probability leave).
"""

CONNECTOME = ("synapses", "edges", "expected_edges", "thresholds")
AT_THRESHOLDS = (CLASSIFIER["thresholds"], SYNAPSES["min_p_direction"])


rule measure_connectome:
    """Give synapses direction, sign and size, and add them up to edges."""
    input:
        candidates=rules.merge_synapses.output.candidates,
        features=rules.measure_synapses.output.features,
        direction=DIRECTION,
    output:
        synapses=f"{RESULTS}/connectome/synapses.parquet",
        edges=f"{RESULTS}/connectome/edges.parquet",
    log:
        f"{RESULTS}/logs/measure_connectome.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_connectome.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_connectome"),
        runtime=minutes("measure_connectome"),
    params:
        settings=(VOXEL_SIZE_NM, INNER_ORGANELLES, CLASSIFIER["min_p_sign"]),
        least=(SYNAPSES["min_p_synaptic"], SYNAPSES["min_p_direction"]),
        code=code_digest("measure_connectome"),
    script:
        "../scripts/measure_connectome.py"


rule measure_expectation:
    """Say how sure the connectome is: expected edges, and what thresholds leave."""
    input:
        synapses=rules.measure_connectome.output.synapses,
    output:
        edges=f"{RESULTS}/connectome/expected_edges.parquet",
        thresholds=f"{RESULTS}/connectome/thresholds.parquet",
    log:
        f"{RESULTS}/logs/measure_expectation.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_expectation.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_expectation"),
        runtime=minutes("measure_expectation"),
    params:
        settings=AT_THRESHOLDS,
        code=code_digest("measure_expectation"),
    script:
        "../scripts/measure_expectation.py"


rule measure_cells:
    """Measure cells: their size, organelles, contacts and synapses."""
    input:
        supervoxels=f"{RESULTS}/cells/supervoxels.parquet",
        membership=f"{RESULTS}/cells/membership.parquet",
        organelles=expand(
            f"{RESULTS}/organelles/{{organelle}}.parquet", organelle=INNER_ORGANELLES
        ),
        contacts=f"{RESULTS}/contacts/pairs.parquet",
        edges=[rules.measure_connectome.output.edges] if "sj" in ORGANELLES else [],
    output:
        cells=f"{RESULTS}/connectome/cells.parquet",
    log:
        f"{RESULTS}/logs/measure_cells.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_cells.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_cells"),
        runtime=minutes("measure_cells"),
    params:
        settings=(INNER_ORGANELLES, VOXEL_SIZE_NM, GRID.box),
        code=code_digest("measure_cells"),
    script:
        "../scripts/measure_cells.py"
