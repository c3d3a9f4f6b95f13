"""Draw the largest cells as meshes, together and each by itself."""

from neuropil.figures.cells import choose_cells, draw_cells, list_meshed, read_meshes
from neuropil.figures.style import save_figure
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import SHOWN_CELLS
from neuropil.storage import read_table, write_table

start_log(snakemake)
params, made = snakemake.params, snakemake.output
cells = read_table(snakemake.input.cells, ["cell", "volume_um3"])
files = list_meshed(snakemake.input.meshes)
chosen = choose_cells(cells, list(files), params.most)
meshes = read_meshes(chosen["cell"], files)
save_figure(draw_cells(chosen, meshes, params.box_nm), made.svg, made.png)
write_table(made.numbers, chosen, SHOWN_CELLS, describe_job(snakemake))
