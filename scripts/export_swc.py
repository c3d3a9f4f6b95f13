"""Write the skeletons of a bucket's cells as SWC, one file per cell."""

from neuropil.exports.swc import export_swc
from neuropil.joblog import start_log

start_log(snakemake)
export_swc(snakemake.output.folder, snakemake.input.skeletons)
