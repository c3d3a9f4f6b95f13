"""Look up the supervoxels at the nodes of true skeletons in one chunk."""

from neuropil.evaluation.run_lengths import extract_nodes
from neuropil.joblog import start_log
from neuropil.schemas.segmentations import NODES
from neuropil.storage import read_table, write_table
from neuropil.volumes import open_role

start_log(snakemake)
dataset, boxes = snakemake.params.dataset, snakemake.params.boxes
volumes = open_role(dataset, "truth"), open_role(dataset, "supervoxels")
nodes = read_table(snakemake.input.nodes)
found = extract_nodes(volumes, nodes, *boxes, snakemake.threads)
write_table(snakemake.output.nodes, found, NODES)
