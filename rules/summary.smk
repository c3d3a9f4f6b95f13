"""The page that a run ends with.

REQUIRED INPUTS: every final file of the dataset.
OUTPUTS: summary.txt, which `make demo` shows.
"""


def final_files():
    """Everything that the dataset's volumes and tables allow to make."""
    tissue = ["kernels.txt", "connectome/cells.parquet", "contacts/contacts.parquet"]
    wanted = ["config.yaml"] + tissue * bool(ROLES)
    wanted += expand("organelles/{organelle}.parquet", organelle=ORGANELLES)
    if "sj" in ORGANELLES:
        wanted += expand("connectome/{table}.parquet", table=CONNECTOME)
        wanted += ["synapses/labels.parquet"] if LABELS["table"] else []
    if PHANTOM and "sj" in ORGANELLES:
        wanted += expand("evaluation/{file}", file=SCORED)
    wanted += [f"figures/{figure}.png" for figure in figures()] + measured_sizes()
    return [f"{RESULTS}/{path}" for path in wanted]


rule summarise_run:
    """Say what the run found, how good it is, and where everything lies."""
    input:
        results=final_files(),
    output:
        summary=report(f"{RESULTS}/summary.txt", category="Summary"),
    log:
        f"{RESULTS}/logs/summarise_run.log",
    benchmark:
        f"{RESULTS}/benchmarks/summarise_run.tsv"
    localrule: True
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=2_000,
        runtime=10,
    params:
        code=code_digest("summarise_run"),
    script:
        "../scripts/summarise_run.py"
