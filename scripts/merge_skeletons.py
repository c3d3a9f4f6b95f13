"""Put the skeletons of the cells of one bucket together."""

from neuropil.bucket_pieces import read_pieces
from neuropil.joblog import start_log
from neuropil.schemas.skeletons import SKELETONS
from neuropil.skeletons.chunks import Pieces
from neuropil.skeletons.merging import describe_skeletons, merge_skeletons
from neuropil.skeletons.store import write_skeletons
from neuropil.storage import write_table

start_log(snakemake)
given, made, params = snakemake.input, snakemake.output, snakemake.params
pieces = read_pieces(given.pieces, int(snakemake.wildcards.bucket), Pieces)
settings = (params.voxel_size_nm, params.skeletons)
skeletons = merge_skeletons(pieces, *settings)
write_skeletons(made.skeletons, skeletons.items(), params.voxel_size_nm)
write_table(made.table, describe_skeletons(skeletons), SKELETONS)
