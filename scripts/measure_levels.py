"""Find the grey levels between which the map of membranes rises."""

from neuropil.joblog import start_log
from neuropil.score_files import write_scores
from neuropil.segmentation.membranes import measure_levels
from neuropil.volumes import open_role

start_log(snakemake)
raw = open_role(snakemake.params.dataset, "raw")
levels = measure_levels(raw, snakemake.params.settings)
write_scores(snakemake.output.levels, levels)
