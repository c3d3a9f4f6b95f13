"""Find where supervoxels and true cells meet in one chunk."""

from neuropil.evaluation.seams import extract_seams
from neuropil.joblog import start_log
from neuropil.schemas.evaluation import SEAMS
from neuropil.storage import write_table
from neuropil.volumes import open_role

start_log(snakemake)
dataset, boxes = snakemake.params.dataset, snakemake.params.boxes
volumes = open_role(dataset, "supervoxels"), open_role(dataset, "membrane")
truth = open_role(dataset, "truth")
seams = extract_seams(volumes, truth, *boxes, snakemake.threads)
write_table(snakemake.output.seams, seams, SEAMS)
