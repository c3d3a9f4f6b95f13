"""Join what lies in the contact of two cells to candidates of synapses."""

from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.synapses import CANDIDATES, SYNAPSE_MEMBERS, SYNAPSE_POINTS
from neuropil.storage import read_table, write_table
from neuropil.synapses.candidates import Pieces, merge_synapses
from neuropil.synapses.places import name_chunks
from neuropil.table_parts import write_parts
from neuropil.whole_files import scratch_beside

start_log(snakemake)
given, made, source = snakemake.input, snakemake.output, describe_job(snakemake)
tables = (Pieces.of(given), read_table(given.membership))
settings = (snakemake.params.voxel_size_nm, snakemake.params.settings)
with scratch_beside(made.points) as folder:
    found = merge_synapses(*tables, *settings, folder / "bins")
    write_table(made.candidates, found.candidates, CANDIDATES, source)
    write_parts(made.points, found.points, SYNAPSE_POINTS, source)
write_table(made.members, name_chunks(found.members, given.fragments), SYNAPSE_MEMBERS)
