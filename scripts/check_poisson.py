"""Check that open3d is there, before any long work is done that needs it."""

from neuropil.joblog import start_log
from neuropil.meshes.poisson import check_poisson

start_log(snakemake)
check_poisson(snakemake.output.found)
