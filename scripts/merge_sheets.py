"""Mesh the synapses, or contacts, of a bucket."""

from functools import partial

from neuropil.joblog import start_log
from neuropil.meshes.merging import write_bucket
from neuropil.meshes.objects import mesh_object
from neuropil.meshes.sheets import merge_sheets

start_log(snakemake)
size, max_error_nm = snakemake.params.settings
mesh = partial(mesh_object, voxel_size_nm=size, max_error_nm=max_error_nm)
bucket = int(snakemake.wildcards.bucket)
meshes = merge_sheets(snakemake.input.pieces, bucket, mesh)
write_bucket(snakemake.output, meshes, "objects")
