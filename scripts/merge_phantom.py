"""Join the chunks' volumes, and merge their partial truth to the truth tables."""

from neuropil.joblog import start_log
from neuropil.phantom.files import load_tissue, save_tables
from neuropil.phantom.merge import merge_phantom
from neuropil.provenance import describe_job
from neuropil.schemas.phantom import PHANTOM
from neuropil.storage import join_labels, read_table

start_log(snakemake)
given, params, made = snakemake.input, snakemake.params, snakemake.output
tissue = load_tissue(dict(given.items()), params.settings, params.voxel_size_nm)
parts = (map(read_table, given.counts), map(read_table, given.fragments))
tables = merge_phantom(tissue, *parts)
save_tables(dict(made.items()), tables, PHANTOM, describe_job(snakemake))
join_labels(given.volumes, made.volumes)
join_labels(given.truth, made.truth)
