"""Find where junctions lie in contact sites of one chunk."""

from neuropil.joblog import start_log
from neuropil.schemas.synapses import FRAGMENT_VOXELS, FRAGMENTS
from neuropil.storage import read_table, write_table
from neuropil.synapses.fragments import extract_synapses, open_sources

start_log(snakemake)
given, params = snakemake.input, snakemake.params
fragments, voxels = extract_synapses(
    open_sources(given.sites, given.junctions, params.dataset),
    read_table(given.pairs, ["label", "supervoxel_a", "supervoxel_b"]),
    params.core,
    params.block,
    snakemake.threads,
    params.min_type_probability,
)
write_table(snakemake.output.fragments, fragments, FRAGMENTS)
write_table(snakemake.output.voxels, voxels, FRAGMENT_VOXELS)
