"""Measure the faces between supervoxels in one chunk."""

from functools import partial

from neuropil.blocks import map_blocks
from neuropil.joblog import start_log
from neuropil.schemas.segmentation import PARTIAL_EDGES
from neuropil.segmentation.edges import extract_edges
from neuropil.storage import write_table
from neuropil.volumes import open_faces, open_role

start_log(snakemake)
dataset = snakemake.params.dataset
supervoxels = open_role(dataset, "supervoxels")
membranes = open_faces(dataset, "membrane")
core, block = snakemake.params.boxes
walk = partial(map_blocks, box=core, block_shape=block, threads=snakemake.threads)
edges = extract_edges(supervoxels, membranes, walk)
write_table(snakemake.output.edges, edges, PARTIAL_EDGES)
