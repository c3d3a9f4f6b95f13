"""Measure the faces between supervoxels in one chunk."""

from functools import partial

from neuropil.blocks import map_blocks
from neuropil.joblog import start_log
from neuropil.schemas.segmentation import PARTIAL_EDGES
from neuropil.segmentation.edges import extract_edges
from neuropil.storage import write_table
from neuropil.volumes import open_role

start_log(snakemake)
dataset = snakemake.params.dataset
volumes = (open_role(dataset, role) for role in ("supervoxels", "membrane"))
core, block = snakemake.params.boxes
walk = partial(map_blocks, box=core, block_shape=block, threads=snakemake.threads)
write_table(snakemake.output.edges, extract_edges(*volumes, walk), PARTIAL_EDGES)
