"""Measure what a model of edges sees of each edge between supervoxels."""

from neuropil.joblog import start_log
from neuropil.schemas.segmentation import FEATURES
from neuropil.segmentation.features import measure_features
from neuropil.storage import read_table, write_table

start_log(snakemake)
sums, supervoxels = map(read_table, snakemake.input)
features = measure_features(sums, supervoxels, snakemake.params.voxel_size_nm)
write_table(snakemake.output.features, features, FEATURES)
