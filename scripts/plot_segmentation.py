"""Draw how good cells are at every threshold of their edges."""

from neuropil.figures.segmentation import draw_segmentation, list_curves
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import SEGMENTATION_CURVES
from neuropil.storage import read_table, write_table

start_log(snakemake)
curves, made = list_curves(read_table(snakemake.input.scores)), snakemake.output
figure = draw_segmentation(curves, snakemake.params.chosen)
save_figure(figure, made.svg, made.png)
write_table(made.numbers, curves, SEGMENTATION_CURVES, describe_job(snakemake))
