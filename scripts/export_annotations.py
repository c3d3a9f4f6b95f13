"""Write the synapses of the connectome as points for Neuroglancer."""

from neuropil.exports.annotations import export_annotations
from neuropil.joblog import start_log

start_log(snakemake)
params = snakemake.params
settings = (params.space_nm, params.sharding, params.limit)
export_annotations(snakemake.output.folder, snakemake.input.synapses, *settings)
