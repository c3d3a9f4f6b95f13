"""Write the numbers of cells for Neuroglancer."""

from neuropil.exports.state import export_properties
from neuropil.joblog import start_log

start_log(snakemake)
export_properties(snakemake.output.info, snakemake.input.cells)
