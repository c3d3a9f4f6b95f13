"""Label the basins of the map of membranes in one chunk."""

from functools import partial

from neuropil.blocks import map_blocks
from neuropil.instances import save_basins
from neuropil.joblog import start_log
from neuropil.segmentation.supervoxels import LOCAL_LABELS, Recipe, label_supervoxels
from neuropil.storage import LabelFile
from neuropil.volumes import open_role

start_log(snakemake)
core, block = snakemake.params.boxes
volume = open_role(snakemake.params.dataset, "membrane")
recipe = Recipe.of(snakemake.params.settings, volume.voxel_size_nm)
shape, out = recipe.block_shape(block), snakemake.output
walk = partial(map_blocks, box=core, block_shape=shape, threads=snakemake.threads)
with LabelFile(out.labels, core, volume.voxel_size_nm, LOCAL_LABELS) as file:
    tables = label_supervoxels(volume, recipe, core, walk, file.write)
save_basins(tables, out.tables)
