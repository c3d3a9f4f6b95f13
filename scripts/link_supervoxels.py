"""Join the basins of all chunks to supervoxels, and number these."""

from neuropil.grid import Grid
from neuropil.instances import BasinFile
from neuropil.joblog import start_log
from neuropil.schemas.organelles import LINKS
from neuropil.segmentation.supervoxels import Recipe, link_supervoxels
from neuropil.storage import write_table

start_log(snakemake)
params = snakemake.params
box, chunk_shape, voxel_size_nm = params.grid
recipe = Recipe.of(params.settings, voxel_size_nm)
files = list(map(BasinFile, snakemake.input.tables))
links = link_supervoxels(files, Grid(box, chunk_shape), recipe, params.least_um3)
write_table(snakemake.output.links, links, LINKS)
