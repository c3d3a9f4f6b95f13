"""Write the coarser resolutions of a volume for Neuroglancer, and what it holds."""

from pathlib import Path

from neuropil.exports.levels import describe_volume, plan_levels
from neuropil.exports.volumes import open_exported, write_overview
from neuropil.joblog import start_log

start_log(snakemake)
params, folder = snakemake.params, Path(snakemake.output.info).parent
stages = plan_levels(*params.plan)
dtype = open_exported(*params.source, None).dtype
info = describe_volume(stages, str(dtype), params.links)
write_overview(folder, stages, info, snakemake.threads)
