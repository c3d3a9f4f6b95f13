"""Find the voxels of synapses, or of contacts, in one chunk."""

from neuropil.bucket_pieces import write_pieces
from neuropil.joblog import start_log
from neuropil.meshes.sheets import extract_sheets

start_log(snakemake)
given, params, wanted = snakemake.input, snakemake.params, snakemake.wildcards
walk = (*params.boxes, snakemake.threads)
sheets = extract_sheets(wanted.sheet, given.voxels, given.tables, wanted.chunk, walk)
write_pieces(snakemake.output.pieces, sheets, params.buckets)
