"""Count the voxels of supervoxels in one chunk; bounds, and a voxel inside."""

from functools import partial

from neuropil.blocks import map_blocks
from neuropil.joblog import start_log
from neuropil.properties import extract_supervoxels
from neuropil.schemas.cells import PARTIAL_SUPERVOXELS
from neuropil.storage import write_table
from neuropil.volumes import open_role

start_log(snakemake)
core, block = snakemake.params.boxes
volume = open_role(snakemake.params.dataset, "supervoxels")
walk = partial(map_blocks, box=core, block_shape=block, threads=snakemake.threads)
table = extract_supervoxels(volume, walk)
write_table(snakemake.output.supervoxels, table, PARTIAL_SUPERVOXELS)
