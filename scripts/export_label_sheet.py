"""Draw candidates of synapses for people to label, and a table to fill in."""

from neuropil.exports.files import write_folder
from neuropil.exports.labels import draw_sample, write_sample
from neuropil.figures.label_sheets import render_sheets
from neuropil.figures.label_tiles import read_views
from neuropil.joblog import start_log
from neuropil.storage import read_table

start_log(snakemake)
given, made, settings = snakemake.input, snakemake.output, snakemake.params.settings
sample = draw_sample(read_table(given.synapses), settings)
files, sheet = (given.membership, given.junctions), settings["sheet"]
views = read_views(sample, snakemake.params.dataset, *files, sheet["tile_nm"])
write_folder(made.sheets, render_sheets(views, sheet))
write_sample(made.table, sample)
