"""Measure the contacts of cells."""

from neuropil.contacts.areas import SiteTables, measure_contacts
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.contacts import CONTACTS, PAIRS, SITE_CONTACTS
from neuropil.storage import read_table, write_table
from neuropil.table_parts import read_parts

start_log(snakemake)
paths, params, output = snakemake.input, snakemake.params, snakemake.output
tables = [*map(read_table, (paths.sites, paths.touching)), read_parts(paths.strays)]
membership = read_table(paths.membership)
measured = measure_contacts(
    SiteTables(*tables), membership, params.voxel_size_nm, params.min_area_um2
)
write_table(output.contacts, measured.contacts, CONTACTS, describe_job(snakemake))
write_table(output.pairs, measured.pairs, PAIRS, describe_job(snakemake))
write_table(output.sites, measured.site_contacts, SITE_CONTACTS)
