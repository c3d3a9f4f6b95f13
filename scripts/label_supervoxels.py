"""Label the basins of the map of membranes in one chunk."""

from functools import partial

from neuropil.blocks import map_blocks
from neuropil.instances import save_basins
from neuropil.joblog import start_log
from neuropil.segmentation.supervoxels import Recipe, label_supervoxels
from neuropil.storage import LabelFile
from neuropil.volumes import open_role

start_log(snakemake)
core, block = snakemake.params.boxes
volume = open_role(snakemake.params.dataset, "membrane")
recipe = Recipe.of(snakemake.params.settings, volume.voxel_size_nm)
shape, threads = recipe.block_shape(block), snakemake.threads
walk = partial(map_blocks, box=core, block_shape=shape, threads=threads)
kind, size = {"labels": "uint32"}, volume.voxel_size_nm
with LabelFile(snakemake.output.labels, core, size, kind) as file:
    tables = label_supervoxels(volume, recipe, core, walk, file.write)
save_basins(tables, snakemake.output.tables)
