"""Draw what the phantom is like, next to published values."""

from neuropil.figures.statistics import draw_statistics
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.phantom import STATISTICS
from neuropil.storage import read_table, write_table

start_log(snakemake)
statistics, made = read_table(snakemake.input.statistics), snakemake.output
save_figure(draw_statistics(statistics), made.svg, made.png)
write_table(made.numbers, statistics, STATISTICS, describe_job(snakemake))
