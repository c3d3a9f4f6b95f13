"""Measure the contacts of cells."""

from neuropil.contacts.areas import SiteTables, measure_contacts, write_contacts
from neuropil.contacts.cell_pairs import CellPairs
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.storage import read_table
from neuropil.whole_files import scratch_beside

start_log(snakemake)
given, made, params = snakemake.input, snakemake.output, snakemake.params
cells = CellPairs(read_table(given.membership), params.voxel_size_nm)
tables = SiteTables.of(given)
with scratch_beside(made.contacts) as folder:
    measured = measure_contacts(tables, cells, params.min_area_um2, folder / "ranges")
    write_contacts(made, measured, describe_job(snakemake))
