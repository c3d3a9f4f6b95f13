"""Draw the connectivity matrix, sorted by type where types are known."""

from neuropil.figures.matrix import draw_matrix, order_cells, place_edges
from neuropil.figures.style import save_figure
from neuropil.figures.types import read_types
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.figures import MATRIX_EDGES
from neuropil.storage import read_table, write_table

start_log(snakemake)
edges, made = read_table(snakemake.input.edges), snakemake.output
types = read_types(dict(snakemake.input.items()))
rows, columns = order_cells(edges, "pre", types), order_cells(edges, "post", types)
placed = place_edges(edges, rows, columns)
save_figure(draw_matrix(placed, rows, columns), made.svg, made.png)
write_table(made.numbers, placed, MATRIX_EDGES, describe_job(snakemake))
