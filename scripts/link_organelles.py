"""Join the basins of all chunks to objects, and number these."""

from neuropil.grid import Grid
from neuropil.instances import BasinFile, Recipe, link_organelles
from neuropil.joblog import start_log
from neuropil.schemas.organelles import LINKS, SEEDED
from neuropil.storage import write_table

start_log(snakemake)
box, chunk_shape, voxel_size_nm = snakemake.params.grid
grid, min_size = Grid(box, chunk_shape), snakemake.params.min_size
files = list(map(BasinFile, snakemake.input.tables))
recipe = Recipe.of(snakemake.params.settings, voxel_size_nm)
links, objects = link_organelles(files, grid, recipe, min_size)
write_table(snakemake.output.links, links, LINKS)
write_table(snakemake.output.objects, objects, SEEDED)
