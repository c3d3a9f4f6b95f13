"""Count the voxels that supervoxels share with true cells in one chunk."""

from neuropil.evaluation.shares import Truth, extract_shares
from neuropil.joblog import start_log
from neuropil.schemas.evaluation import SHARES
from neuropil.storage import write_table
from neuropil.volumes import open_role

start_log(snakemake)
supervoxels = open_role(snakemake.params.dataset, "supervoxels")
truth = Truth.open(snakemake.input.labels, snakemake.input.components)
boxes, threads = snakemake.params.boxes, snakemake.threads
shares = extract_shares(supervoxels, truth, *boxes, threads)
write_table(snakemake.output.shares, shares, SHARES)
