"""Tables of the connectome for spreadsheets, and the connectome as a graph.

REQUIRED INPUTS: connectome/cells.parquet, edges.parquet, synapses.parquet.
OUTPUTS: exports/tables/*.csv, exports/connectome.graphml.
"""


rule export_tables:
    """Write the tables of the connectome as CSV."""
    input:
        expand(f"{RESULTS}/connectome/{{table}}.parquet", table=TABLES),
    output:
        expand(f"{EXPORTS}/tables/{{table}}.csv", table=TABLES),
    log:
        f"{RESULTS}/logs/export_tables.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_tables.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_tables"),
        runtime=minutes("export_tables"),
    params:
        code=code_digest("export_tables"),
    script:
        "../scripts/export_tables.py"


rule export_graph:
    """Write the connectome as GraphML."""
    input:
        cells=f"{RESULTS}/connectome/cells.parquet",
        edges=f"{RESULTS}/connectome/edges.parquet",
    output:
        graph=f"{EXPORTS}/connectome.graphml",
    log:
        f"{RESULTS}/logs/export_graph.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_graph.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_graph"),
        runtime=minutes("export_graph"),
    params:
        code=code_digest("export_graph"),
    script:
        "../scripts/export_graph.py"
