"""Add up where the supervoxels of one chunk, and the faces between them, lie."""

from functools import partial

from neuropil.blocks import map_blocks
from neuropil.joblog import start_log
from neuropil.schemas.segmentation import PARTIAL_MOMENTS
from neuropil.segmentation.moments import extract_moments
from neuropil.storage import write_table
from neuropil.volumes import open_role

start_log(snakemake)
dataset = snakemake.params.dataset
supervoxels = open_role(dataset, "supervoxels")
membranes = open_role(dataset, "membrane")
core, block = snakemake.params.boxes
walk = partial(map_blocks, box=core, block_shape=block, threads=snakemake.threads)
moments = extract_moments(supervoxels, membranes, walk)
write_table(snakemake.output.moments, moments, PARTIAL_MOMENTS)
