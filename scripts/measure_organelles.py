"""Map organelles to cells, and measure them."""

from neuropil.joblog import start_log
from neuropil.organelles import measure_organelles, read_membership
from neuropil.provenance import describe_job
from neuropil.schemas.organelles import ORGANELLES
from neuropil.storage import read_table, write_table

start_log(snakemake)
objects = read_table(snakemake.input.objects)
overlaps = read_table(snakemake.input.overlaps)
membership = read_membership(snakemake.input.membership)
settings, size = snakemake.params.settings, snakemake.params.voxel_size_nm
organelles = measure_organelles(objects, overlaps, membership, settings, size)
path = snakemake.output.organelles
write_table(path, organelles, ORGANELLES, describe_job(snakemake))
