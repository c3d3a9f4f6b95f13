"""Mesh the synapses, or contacts, of a bucket by Poisson reconstruction."""

from functools import partial

from neuropil.joblog import start_log
from neuropil.meshes.merging import write_bucket
from neuropil.meshes.poisson import reconstruct_object
from neuropil.meshes.sheets import merge_sheets

start_log(snakemake)
size, depth = snakemake.params.settings
mesh = partial(reconstruct_object, voxel_size_nm=size, depth=depth)
bucket = int(snakemake.wildcards.bucket)
meshes = merge_sheets(snakemake.input.pieces, bucket, mesh)
write_bucket(snakemake.output, meshes, "objects")
