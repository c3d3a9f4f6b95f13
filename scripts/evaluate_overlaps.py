"""Compare another segmentation with the cells of one chunk."""

from neuropil.evaluation.segmentations import compare_chunk, list_places
from neuropil.joblog import start_log
from neuropil.schemas.segmentations import NODES, OVERLAPS
from neuropil.skeletons.store import read_skeletons
from neuropil.storage import read_table, write_table
from neuropil.volumes import open_role

start_log(snakemake)
given, params = snakemake.input, snakemake.params
other = open_role(params.compared, snakemake.wildcards.segmentation)
volumes = (open_role(params.dataset, "supervoxels"), other)
lookup = read_table(given.lookup)
places = list_places(read_skeletons(given.skeletons, lookup["cell"]))
where = (params.core, params.block, snakemake.threads)
tables = compare_chunk(volumes, lookup, places, *where)
write_table(snakemake.output.overlaps, tables[0], OVERLAPS)
write_table(snakemake.output.nodes, tables[1], NODES)
