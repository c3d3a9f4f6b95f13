"""Draw slices along all three axes, with every class overlaid."""

from neuropil.figures.layers import read_slices
from neuropil.figures.slices import draw_slices, measure_planes
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import SLICE_FRACTIONS
from neuropil.storage import write_table

start_log(snakemake)
files, params, made = dict(snakemake.input.items()), snakemake.params, snakemake.output
planes = read_slices(params.dataset, files, params.window_nm)
save_figure(draw_slices(planes), made.svg, made.png)
numbers = measure_planes(planes)
write_table(made.numbers, numbers, SLICE_FRACTIONS, describe_job(snakemake))
