"""The page that a run ends with.

REQUIRED INPUTS: every final file of the dataset.
OUTPUTS: summary.txt, which `make demo` shows.
"""


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
        mem_mb=memory("summarise_run"),
        runtime=minutes("summarise_run"),
    params:
        code=code_digest("summarise_run"),
    script:
        "../scripts/summarise_run.py"
