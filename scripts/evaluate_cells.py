"""Find which true cell each predicted cell is."""

from neuropil.evaluation.identity import match_cells
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.evaluation import CELL_MATCHES
from neuropil.storage import read_table, write_table

start_log(snakemake)
membership = read_table(snakemake.input.membership)
truth = read_table(snakemake.input.truth)
supervoxels = read_table(snakemake.input.supervoxels)
cells = match_cells(membership, truth, supervoxels)
write_table(snakemake.output.cells, cells, CELL_MATCHES, describe_job(snakemake))
