"""Render the volumes, the truth volumes and the partial truth of one chunk."""

from neuropil.joblog import start_log
from neuropil.phantom.files import load_tissue
from neuropil.phantom.render import render_chunk
from neuropil.schemas.phantom import COUNTS
from neuropil.schemas.phantom_fragments import FRAGMENT_COUNTS
from neuropil.storage import read_table, write_table

start_log(snakemake)
given, params, made = snakemake.input, snakemake.params, snakemake.output
tissue = load_tissue(dict(given.items()), params.settings, params.voxel_size_nm)
false_objects = read_table(given.false_objects)
chunk = (params.core, params.whole, params.block)
paths = (made.volumes, made.truth)
tables = render_chunk(tissue, false_objects, paths, chunk, snakemake.threads)
write_table(made.counts, tables[0], COUNTS)
write_table(made.fragments, tables[1], FRAGMENT_COUNTS)
