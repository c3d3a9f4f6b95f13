"""Draw the distributions of sizes of synapses, contacts, cells and organelles."""

from neuropil.figures.sizes import count_sizes, draw_sizes, read_sizes
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import SIZE_HISTOGRAMS
from neuropil.storage import write_table

start_log(snakemake)
files, made = dict(snakemake.input.items()), snakemake.output
sizes = read_sizes(files, snakemake.params.min_p_synaptic)
histograms = count_sizes(sizes)
save_figure(draw_sizes(sizes, histograms), made.svg, made.png)
write_table(made.numbers, histograms, SIZE_HISTOGRAMS, describe_job(snakemake))
