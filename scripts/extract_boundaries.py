"""Compare the borders of cells with those of true cells in one chunk."""

from functools import partial

from neuropil.blocks import map_blocks
from neuropil.evaluation.boundaries import Sides, extract_boundaries
from neuropil.joblog import start_log
from neuropil.schemas.evaluation import BOUNDARIES
from neuropil.storage import read_table, write_table
from neuropil.volumes import open_role

start_log(snakemake)
dataset, (core, block) = snakemake.params.dataset, snakemake.params.boxes
volumes = open_role(dataset, "truth"), open_role(dataset, "supervoxels")
sides = Sides(*volumes, read_table(snakemake.input.membership))
walk = partial(map_blocks, box=core, block_shape=block, threads=snakemake.threads)
table = extract_boundaries(sides, snakemake.params.boundary_nm, walk)
write_table(snakemake.output.boundaries, table, BOUNDARIES)
