"""Put the pieces that the chunks of a slab hold into one file."""

from neuropil.bucket_pieces import merge_pieces
from neuropil.joblog import start_log

start_log(snakemake)
merge_pieces(snakemake.output.pieces, snakemake.input.pieces)
