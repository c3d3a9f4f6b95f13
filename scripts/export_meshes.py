"""Write one shard of the meshes of cells, or objects, for Neuroglancer."""

from neuropil.exports.encoded import export_meshes
from neuropil.exports.shards import Sharding
from neuropil.joblog import start_log

start_log(snakemake)
params, shard = snakemake.params, snakemake.wildcards.shard
settings = (Sharding(*params.sharding), shard)
export_meshes(snakemake.output.shard, snakemake.input.encoded, *settings)
