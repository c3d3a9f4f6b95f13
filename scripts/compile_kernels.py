"""Compile the kernels that the jobs of a dataset call."""

from neuropil.joblog import start_log
from neuropil.rehearsal import compile_kernels, list_rehearsals
from neuropil.whole_files import replacing

start_log(snakemake)
params = snakemake.params
rehearsals = list_rehearsals(params.sections, params.voxel_size_nm)
done = compile_kernels(rehearsals, snakemake.threads)
with replacing(snakemake.output.kernels) as path:
    path.write_text("\n".join(done))
