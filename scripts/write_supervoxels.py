"""Write the supervoxels of one chunk."""

from functools import partial

from neuropil.blocks import map_blocks
from neuropil.joblog import start_log
from neuropil.organelle_voxels import read_links
from neuropil.segmentation.supervoxels import write_supervoxels
from neuropil.storage import LabelFile, LabelStack

start_log(snakemake)
given = snakemake.input
stack, links = (
    LabelStack([given.labels]),
    read_links(given.links, snakemake.wildcards.chunk),
)
core, block = snakemake.params.boxes
walk = partial(map_blocks, box=core, block_shape=block, threads=snakemake.threads)
with LabelFile(snakemake.output.labels, core, stack.voxel_size_nm) as file:
    write_supervoxels(stack.read, links, walk, file.write)
