"""Add up what the chunks hold of organelles."""

from neuropil.joblog import start_log
from neuropil.organelles import merge_organelles, write_points
from neuropil.partitions import partition_files
from neuropil.provenance import describe_job
from neuropil.schemas.organelles import OBJECTS
from neuropil.storage import read_table, write_table
from neuropil.whole_files import scratch_beside

start_log(snakemake)
given, made, source = snakemake.input, snakemake.output, describe_job(snakemake)
parts, seeded = map(read_table, given.objects), read_table(given.seeded)
write_table(made.objects, merge_organelles(parts, seeded), OBJECTS, source)
with scratch_beside(made.points) as folder:
    points = partition_files(given.points, "object", folder / "objects")
    write_points(made, points, snakemake.params.voxel_size_nm, source)
