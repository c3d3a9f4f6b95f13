"""Label the basins of an organelle's map in one chunk."""

from functools import partial

from neuropil.blocks import map_blocks
from neuropil.instances import Recipe, label_organelles, save_basins
from neuropil.joblog import start_log
from neuropil.storage import LabelFile
from neuropil.volumes import open_role

start_log(snakemake)
core, block = snakemake.params.boxes
volume = open_role(snakemake.params.dataset, snakemake.wildcards.organelle)
recipe = Recipe.of(snakemake.params.settings, volume.voxel_size_nm)
walk = partial(map_blocks, box=core, block_shape=block, threads=snakemake.threads)
kind, size = {"labels": "uint32"}, volume.voxel_size_nm
with LabelFile(snakemake.output.labels, core, size, kind) as file:
    tables = label_organelles(volume, recipe, core, walk, file.write)
save_basins(tables, snakemake.output.tables)
