"""Find where junctions lie in contact sites of one chunk."""

from neuropil.joblog import start_log
from neuropil.schemas.synapses import FRAGMENT_VOXELS, FRAGMENTS, PATCHES
from neuropil.storage import read_table, write_table
from neuropil.synapses.fragments import extract_synapses
from neuropil.synapses.sources import open_sources

start_log(snakemake)
given, made, params = snakemake.input, snakemake.output, snakemake.params
sources = open_sources(given.sites, given.junctions, params.dataset, params.reach_nm)
pairs = read_table(given.pairs, ["label", "supervoxel_a", "supervoxel_b"])
where = (*params.boxes, snakemake.threads)
tables = extract_synapses(sources, pairs, *where, params.min_type_probability)
write_table(made.fragments, tables[0], FRAGMENTS)
write_table(made.voxels, tables[1], FRAGMENT_VOXELS)
write_table(made.patches, tables[2], PATCHES)
