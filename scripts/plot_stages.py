"""Draw one place in all stages from raw to cells."""

from neuropil.figures.stages import count_stages, draw_stages, read_stages
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import STAGES
from neuropil.storage import write_table

start_log(snakemake)
params, made = snakemake.params, snakemake.output
images = read_stages(params.dataset, snakemake.input.membership, params.window_nm)
save_figure(draw_stages(images, params.pixel_nm), made.svg, made.png)
write_table(made.numbers, count_stages(images), STAGES, describe_job(snakemake))
