"""Measure the shape of whole cells, and how much of them the dataset holds."""

from neuropil.cell_shapes import measure_shapes, read_areas
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.shapes import shape_schema
from neuropil.storage import read_table, read_tables, write_table

start_log(snakemake)
given, params = snakemake.input, snakemake.params
tables = (read_tables(given.skeletons), read_areas(given.meshes))
settings = (params.space, params.settings, params.organelles)
shapes = measure_shapes(read_table(given.cells), *tables, *settings)
schema = shape_schema(params.organelles)
write_table(snakemake.output.shapes, shapes, schema, describe_job(snakemake))
