"""Measure what a model of edges sees of each edge between supervoxels."""

from neuropil.joblog import start_log
from neuropil.schemas.segmentation import FEATURES
from neuropil.segmentation.features import measure_features
from neuropil.segmentation.moments import add_up_moments
from neuropil.storage import read_table, write_table

start_log(snakemake)
given = snakemake.input
moments = add_up_moments(map(read_table, given.moments))
size_nm = snakemake.params.voxel_size_nm
features = measure_features(read_table(given.sums), moments, size_nm)
write_table(snakemake.output.features, features, FEATURES)
