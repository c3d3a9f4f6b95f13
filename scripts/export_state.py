"""Write a state of Neuroglancer that opens all that is exported for it."""

from neuropil.exports.state import export_state
from neuropil.joblog import start_log

start_log(snakemake)
export_state(snakemake.output.state, *snakemake.params.view)
