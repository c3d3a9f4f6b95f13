"""Find the surfaces of cells, or of the objects of an organelle, in one chunk."""

from neuropil.bucket_pieces import write_pieces
from neuropil.joblog import start_log
from neuropil.meshes.chunks import extract_meshes, open_labels, read_lookup
from neuropil.meshes.lattice import Lattice

start_log(snakemake)
params, files = snakemake.params, snakemake.input
core, volume, block = params.boxes
read = open_labels(files.labels, params.dataset)
lookup = read_lookup(files.lookup)
lattice = Lattice.of(*params.lattice, volume)
pieces = extract_meshes(read, core, lattice, block, snakemake.threads, lookup)
write_pieces(snakemake.output.pieces, pieces, params.buckets)
