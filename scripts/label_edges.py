"""Say of which edges between supervoxels both sides lie in one true cell."""

from neuropil.evaluation.shares import add_up_shares
from neuropil.joblog import start_log
from neuropil.schemas.segmentation import LABELLED_EDGES
from neuropil.segmentation.features import label_edges
from neuropil.storage import read_table, read_tables, write_table

start_log(snakemake)
given = snakemake.input
shares = add_up_shares(read_tables(given.shares))
labelled = label_edges(read_table(given.features), shares)
write_table(snakemake.output.labels, labelled, LABELLED_EDGES)
