"""Draw sizes of synapses and pairs of cells with several, beside what chance gives."""

from neuropil.figures.style import save_figure
from neuropil.figures.synapses import draw_synapses, list_panels
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.sizes import SYNAPSE_PANELS
from neuropil.storage import read_table, write_table

start_log(snakemake)
given, made = snakemake.input, snakemake.output
statistics = read_table(given.statistics)
panels = list_panels(
    read_table(given.synapses), statistics, snakemake.params.thresholds
)
save_figure(draw_synapses(panels, statistics), made.svg, made.png)
write_table(made.numbers, panels, SYNAPSE_PANELS, describe_job(snakemake))
