"""Predict which cell of a synapse is presynaptic, from organelles nearby."""

from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.synapses import DIRECTION
from neuropil.storage import read_table, write_table
from neuropil.synapses.direction import predict_direction

start_log(snakemake)
candidates = read_table(snakemake.input.candidates)
features = read_table(snakemake.input.features)
settings, voxel_size_nm = snakemake.params.settings, snakemake.params.voxel_size_nm
direction = predict_direction(candidates, features, voxel_size_nm, settings)
write_table(snakemake.output.direction, direction, DIRECTION, describe_job(snakemake))
