"""Draw what lies as it can hardly be right: the largest cases of every kind."""

from neuropil.figures.doubts import draw_doubts, read_strips
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import DOUBTS
from neuropil.storage import write_table
from neuropil.tour.doubts import read_doubts

start_log(snakemake)
files, params, made = dict(snakemake.input.items()), snakemake.params, snakemake.output
box, each, tile_nm = params.shown
doubts = read_doubts(files, box, each)
strips = read_strips(params.dataset, files, doubts, tile_nm)
save_figure(draw_doubts(doubts, strips), made.svg, made.png)
write_table(made.numbers, doubts, DOUBTS, describe_job(snakemake))
