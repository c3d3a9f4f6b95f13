"""Trace the skeletons of cells in the tiles of one chunk."""

from neuropil.bucket_pieces import write_pieces
from neuropil.joblog import start_log
from neuropil.skeletons.chunks import extract_skeletons
from neuropil.storage import read_tables
from neuropil.volumes import open_role

start_log(snakemake)
params, threads = snakemake.params, snakemake.threads
volume = open_role(params.dataset, "supervoxels")
membership = read_tables(snakemake.input.lookups).drop_duplicates()
settings = (volume.voxel_size_nm, params.rules, threads)
pieces = extract_skeletons(volume.read, membership, params.tiles, *settings)
write_pieces(snakemake.output.pieces, pieces, params.buckets)
