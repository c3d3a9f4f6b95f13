"""Write the tables of the connectome as CSV."""

from neuropil.exports.tables import export_tables
from neuropil.joblog import start_log

start_log(snakemake)
export_tables(snakemake.output, snakemake.input)
