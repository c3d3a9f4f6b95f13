"""Draw what another threshold of the agglomeration would change."""

from neuropil.agglomeration import read_edges
from neuropil.figures import thresholds
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import CELLS_BY_THRESHOLD
from neuropil.storage import read_table, write_table

start_log(snakemake)
files, params, made = snakemake.input, snakemake.params, snakemake.output
given = read_table(files.supervoxels), read_edges(files.edges), params.threshold
section = thresholds.read_section(params.dataset, params.window_nm)
counts = thresholds.compare_thresholds(*given, params.box)
shown, scores = thresholds.show_cells(*given), thresholds.read_scores(files.scores)
figure = thresholds.draw_thresholds(counts, section, shown, scores)
save_figure(figure, made.svg, made.png)
write_table(made.numbers, counts, CELLS_BY_THRESHOLD, describe_job(snakemake))
