"""Draw what a run costs per step, beside what SyConn2 did."""

from neuropil.figures.costs import add_paper, draw_costs
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.costs import COSTS
from neuropil.storage import read_table, write_table

start_log(snakemake)
costs, made = add_paper(read_table(snakemake.input.costs)), snakemake.output
save_figure(draw_costs(costs), made.svg, made.png)
write_table(made.numbers, costs, COSTS, describe_job(snakemake))
