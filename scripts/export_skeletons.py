"""Write one shard of the skeletons of cells for Neuroglancer."""

from neuropil.exports.shards import Sharding
from neuropil.exports.skeletons import export_skeletons
from neuropil.joblog import start_log

start_log(snakemake)
params, shard = snakemake.params, snakemake.wildcards.shard
settings = (Sharding(*params.sharding), shard, params.shift_nm)
export_skeletons(snakemake.output.shard, snakemake.input.skeletons, *settings)
