"""Draw time and memory per rule."""

from neuropil.costs.benchmarks import read_benchmarks
from neuropil.figures.runs import draw_runs, sum_rules
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import RULE_COSTS
from neuropil.storage import write_table

start_log(snakemake)
rules, made = sum_rules(read_benchmarks(snakemake.params.folder)), snakemake.output
save_figure(draw_runs(rules), made.svg, made.png)
write_table(made.numbers, rules, RULE_COSTS, describe_job(snakemake))
