"""Find which true cell each predicted cell is."""

from neuropil.evaluation.identity import match_cells
from neuropil.evaluation.shares import read_shares
from neuropil.joblog import start_log
from neuropil.provenance import describe_job
from neuropil.schemas.evaluation import CELL_MATCHES
from neuropil.storage import read_table, write_table

start_log(snakemake)
given = snakemake.input
shares = read_shares(given.shares, given.truth, given.supervoxels)
cells = match_cells(read_table(given.membership), shares)
write_table(snakemake.output.cells, cells, CELL_MATCHES, describe_job(snakemake))
