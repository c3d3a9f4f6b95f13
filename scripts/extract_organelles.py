"""Count the voxels of organelles in one chunk, and what they overlap."""

from functools import partial

from neuropil.blocks import map_blocks
from neuropil.joblog import start_log
from neuropil.organelle_voxels import extract_organelles, open_supervoxels, read_links
from neuropil.schemas.organelles import PARTIAL_OBJECTS, PARTIAL_POINTS
from neuropil.storage import LabelFile, LabelStack, write_table

start_log(snakemake)
given, wanted = snakemake.input, snakemake.wildcards
stack, links = LabelStack([given.labels]), read_links(given.links, wanted.chunk)
supervoxels = open_supervoxels(snakemake.params.dataset, wanted.organelle)
core, block = snakemake.params.boxes
walk = partial(map_blocks, box=core, block_shape=block, threads=snakemake.threads)
with LabelFile(snakemake.output.labels, core, supervoxels.voxel_size_nm) as file:
    parts = extract_organelles(stack.read, links, supervoxels, walk, file.write)
write_table(snakemake.output.objects, parts[0], PARTIAL_OBJECTS)
write_table(snakemake.output.points, parts[1], PARTIAL_POINTS)
