"""Draw sections one after the other, with cells coloured and organelles outlined."""

from neuropil.figures.sections import draw_sections, read_sections
from neuropil.figures.slices import measure_planes
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import SLICE_FRACTIONS
from neuropil.storage import write_table

start_log(snakemake)
files, params, made = dict(snakemake.input.items()), snakemake.params, snakemake.output
planes = read_sections(params.dataset, files, params.window_nm, params.most)
figure = draw_sections(planes, params.dataset["voxel_size_nm"]["z"])
save_figure(figure, made.svg, made.png)
numbers = measure_planes(planes)
write_table(made.numbers, numbers, SLICE_FRACTIONS, describe_job(snakemake))
