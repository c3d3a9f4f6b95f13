"""Join the surfaces of a bucket's cells or objects; smooth and simplify them."""

from neuropil.joblog import start_log
from neuropil.meshes.merging import merge_bucket, write_bucket

start_log(snakemake)
params, bucket = snakemake.params, int(snakemake.wildcards.bucket)
settings = (params.boxes, params.settings, snakemake.threads)
meshes = merge_bucket(snakemake.input.pieces, bucket, *settings)
write_bucket(snakemake.output, meshes, params.kind)
