"""Add up what the chunks hold of organelles."""

from neuropil.joblog import start_log
from neuropil.organelles import merge_organelles
from neuropil.partials import merge_overlaps, merge_points
from neuropil.provenance import describe_job
from neuropil.schemas.organelles import OBJECTS, OVERLAPS, POINTS
from neuropil.storage import read_table, read_tables, write_table

start_log(snakemake)
source = describe_job(snakemake)
parts, seeded = map(read_table, snakemake.input.objects), snakemake.input.seeded
objects = merge_organelles(parts, read_table(seeded))
points = merge_points(
    read_tables(snakemake.input.points), snakemake.params.voxel_size_nm
)
write_table(snakemake.output.objects, objects, OBJECTS, source)
write_table(snakemake.output.overlaps, merge_overlaps(points), OVERLAPS, source)
write_table(snakemake.output.points, points, POINTS, source)
