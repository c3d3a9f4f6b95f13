"""Compare the areas of synapses, or contacts, by their meshes and by lines."""

from neuropil.joblog import start_log
from neuropil.meshes.sheets import measure_sheets
from neuropil.provenance import describe_job
from neuropil.schemas.meshes import SHEET_AREAS
from neuropil.storage import read_table, write_table

start_log(snakemake)
lines = read_table(snakemake.input.lines, snakemake.params.columns)
areas = measure_sheets(snakemake.input.tables, lines)
write_table(snakemake.output.areas, areas, SHEET_AREAS, describe_job(snakemake))
