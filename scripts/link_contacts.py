"""Join the contact sites of all chunks."""

from neuropil.contacts.linking import link_contacts, read_chunks
from neuropil.contacts.strays import add_up_strays
from neuropil.grid import Grid
from neuropil.joblog import start_log
from neuropil.schemas.contacts import LABELS, SITES, STRAYS, TOUCHING
from neuropil.storage import write_table
from neuropil.table_parts import write_parts

start_log(snakemake)
grid = Grid(*snakemake.params.grid)
linked = link_contacts(read_chunks(snakemake.input, grid), grid)
write_table(snakemake.output.sites, linked.sites, SITES)
write_table(snakemake.output.labels, linked.labels, LABELS)
write_table(snakemake.output.touching, linked.touching, TOUCHING)
write_parts(snakemake.output.strays, add_up_strays(snakemake.input.strays), STRAYS)
