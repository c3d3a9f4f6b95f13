"""What a run asked for, used and cost, from the files that its jobs left.

REQUIRED INPUTS: every final file of the dataset; benchmarks/ and logs/ of all jobs.
OUTPUTS: costs/requests.parquet (per rule: asked for, used), costs/costs.parquet (per
step: time and money), costs/costs.txt (both, to read), figures/costs.png, .svg, .parquet.
"""


rule measure_costs:
    """Compare what jobs asked for with what they used, and what the run costs."""
    input:
        all_but_costs,
    output:
        requests=f"{RESULTS}/costs/requests.parquet",
        costs=f"{RESULTS}/costs/costs.parquet",
        text=report(f"{RESULTS}/costs/costs.txt", category="Summary"),
    log:
        f"{RESULTS}/logs/measure_costs.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_costs.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_costs"),
        runtime=minutes("measure_costs"),
    params:
        folder=f"{RESULTS}/benchmarks",
        needs=NEEDS,
        extent=EXTENT,
        costs=config["costs"],
        code=code_digest("measure_costs"),
    script:
        "../scripts/measure_costs.py"


rule plot_costs:
    """Draw what the run costs per step, beside what SyConn2 did."""
    input:
        costs=f"{RESULTS}/costs/costs.parquet",
    output:
        **figure_files("costs", "Costs"),
    log:
        f"{RESULTS}/logs/plot_costs.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_costs.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("plot_costs"),
        runtime=minutes("plot_costs"),
    params:
        code=code_digest("plot_costs"),
    script:
        "../scripts/plot_costs.py"
