"""Join what lies in the contact of two cells to candidates of synapses."""

from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.synapses import CANDIDATES, SYNAPSE_MEMBERS, SYNAPSE_POINTS
from neuropil.storage import read_table, read_tables, write_table
from neuropil.synapses.candidates import merge_synapses
from neuropil.synapses.places import VoxelTables, name_chunks, read_fragments

start_log(snakemake)
given, made, params = snakemake.input, snakemake.output, snakemake.params
fragments, voxels = read_fragments(given.fragments), VoxelTables(given.voxels)
tables = (read_tables(given.patches), read_table(given.membership))
settings = (params.voxel_size_nm, params.settings)
candidates, points, members = merge_synapses(fragments, voxels, *tables, *settings)
members = name_chunks(members, given.fragments)
write_table(made.candidates, candidates, CANDIDATES, describe_job(snakemake))
write_table(made.points, points, SYNAPSE_POINTS, describe_job(snakemake))
write_table(made.members, members, SYNAPSE_MEMBERS)
