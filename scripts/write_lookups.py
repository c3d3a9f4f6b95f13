"""Write which cells the supervoxels of each chunk are of."""

from neuropil.grid import Grid
from neuropil.joblog import start_log
from neuropil.lookups import write_lookups

start_log(snakemake)
given, made = snakemake.input, snakemake.output
grid = Grid(*snakemake.params.grid)
where = (grid, snakemake.params.reach)
write_lookups(made.lookups, given.supervoxels, given.membership, *where)
