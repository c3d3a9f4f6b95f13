"""Encode the meshes of a bucket for Neuroglancer."""

from neuropil.exports.encoded import encode_bucket
from neuropil.exports.meshes import MeshLevels
from neuropil.joblog import start_log

start_log(snakemake)
params, levels = snakemake.params, MeshLevels(*snakemake.params.levels)
meshes = (snakemake.input.meshes, params.kind, levels)
encode_bucket(snakemake.output.encoded, *meshes)
