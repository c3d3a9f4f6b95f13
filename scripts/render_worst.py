"""Show the worst splits and mergers of cells as images, on one page."""

from neuropil.evaluation.page import write_page
from neuropil.evaluation.worst_page import draw_worst, render_worst
from neuropil.joblog import start_log
from neuropil.score_files import read_scores
from neuropil.storage import read_table

start_log(snakemake)
files, params = snakemake.input, snakemake.params
worst, membership = read_table(files.worst), read_table(files.membership)
cases = draw_worst(worst, params.dataset, membership)
page = render_worst(params.name, read_scores(files.scores), worst, cases)
write_page(snakemake.output.page, page)
