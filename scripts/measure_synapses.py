"""Measure which organelles lie near synapses in both of their cells."""

from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.synapses import SYNAPSE_FEATURES
from neuropil.storage import read_table, write_table
from neuropil.synapses.features import measure_synapses

start_log(snakemake)
names, voxel_size_nm, radii_nm = snakemake.params.settings
features = measure_synapses(
    read_table(snakemake.input.candidates),
    read_table(snakemake.input.points),
    dict(zip(names, map(read_table, snakemake.input.organelles))),
    read_table(snakemake.input.membership),
    voxel_size_nm,
    radii_nm,
)
path = snakemake.output.features
write_table(path, features, SYNAPSE_FEATURES, describe_job(snakemake))
