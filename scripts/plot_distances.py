"""Draw how far synapses are from the nearest presynaptic mitochondrion, by type."""

from neuropil.figures.distances import draw_distances, split_by_size
from neuropil.figures.style import save_figure
from neuropil.figures.types import read_types
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import MITOCHONDRION_DISTANCES
from neuropil.storage import read_table, write_table

start_log(snakemake)
synapses, made = read_table(snakemake.input.synapses), snakemake.output
types = read_types(dict(snakemake.input.items()))
distances = split_by_size(synapses, types, snakemake.params.min_p_synaptic)
save_figure(draw_distances(distances), made.svg, made.png)
write_table(made.numbers, distances, MITOCHONDRION_DISTANCES, describe_job(snakemake))
