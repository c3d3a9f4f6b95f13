"""Measure cells: their size, organelles, contacts and synapses."""

from neuropil.cells import add_products, measure_cells, read_edges
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.connectome import cell_schema
from neuropil.storage import read_table, write_table

start_log(snakemake)
given, made = snakemake.input, snakemake.output
names, voxel_size_nm, box = snakemake.params.settings
supervoxels, membership = map(read_table, (given.supervoxels, given.membership))
cells = measure_cells(supervoxels, membership, box, voxel_size_nm)
organelles = dict(zip(names, map(read_table, given.organelles)))
contacts, edges = read_table(given.contacts), read_edges(given.edges)
cells = add_products(cells, organelles, contacts, edges)
write_table(made.cells, cells, cell_schema(names), describe_job(snakemake))
