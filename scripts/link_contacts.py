"""Join the contact sites of all chunks."""

from neuropil.contacts.linking import read_chunks, write_linked
from neuropil.contacts.strays import add_up_strays
from neuropil.grid import Grid
from neuropil.joblog import start_log
from neuropil.schemas.contacts import STRAYS
from neuropil.table_parts import write_parts
from neuropil.whole_files import scratch_beside

start_log(snakemake)
given, made, grid = snakemake.input, snakemake.output, Grid(*snakemake.params.grid)
with scratch_beside(made.sites) as folder:
    write_linked(made, read_chunks(given, grid), grid, folder / "links")
    strays = add_up_strays(given.strays, folder / "strays")
    write_parts(made.strays, strays, STRAYS)
