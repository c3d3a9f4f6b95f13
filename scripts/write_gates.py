"""Write what the chunks' pieces of cells or objects hold of each bucket, in short."""

from neuropil.bucket_pieces import write_gates
from neuropil.joblog import start_log

start_log(snakemake)
write_gates(snakemake.output.gates, snakemake.input.pieces)
