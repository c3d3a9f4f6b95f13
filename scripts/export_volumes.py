"""Write one tile of a volume for Neuroglancer, at its finer resolutions."""

from neuropil.exports.levels import plan_levels
from neuropil.exports.volumes import open_exported, read_membership, write_tile
from neuropil.joblog import start_log

start_log(snakemake)
params, shard = snakemake.params, snakemake.wildcards.shard
membership = read_membership(snakemake.input.lookups)
source = open_exported(*params.source, membership)
levels = plan_levels(*params.plan)[0]
write_tile(snakemake.output.shards, levels, shard, source, snakemake.threads)
