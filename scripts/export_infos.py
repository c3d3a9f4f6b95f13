"""Say what the skeletons and meshes for Neuroglancer are."""

from neuropil.exports.encoded import write_infos
from neuropil.joblog import start_log

start_log(snakemake)
write_infos(snakemake.output, snakemake.params.sharding)
