"""Names of what lies between chunks and buckets: slabs of pieces, gates of buckets.

REQUIRED INPUTS: the checked config and the chunk grid, from common.smk.
OUTPUTS: none; names and input functions that the rules of skeletons and meshes use.
"""

# Every bucket reads what all chunks hold. Of N chunks and B buckets these are N x B ways
# for Snakemake to follow, hours of it for thousands of chunks; slabs come between them.
SLABS = GRID.slabs(config["slab_chunks"])


wildcard_constraints:
    shape=r"skeletons|meshes/[a-z][a-z0-9]*",
    slab=r"\d\d\d+",


def piece_files(shape):
    """Paths of the pieces of all chunks: the chunks' own files, or those of slabs."""
    if len(SLABS) == 1:
        return expand(f"{RESULTS}/{shape}/chunks/{{chunk}}.h5", chunk=GRID.chunks)
    return expand(f"{RESULTS}/slabs/{shape}/{{slab}}.h5", slab=SLABS)


def slab_pieces(wildcards):
    """Input function: the pieces of the chunks of a slab."""
    folder = f"{RESULTS}/{wildcards.shape}/chunks"
    return [f"{folder}/{chunk}.h5" for chunk in SLABS[wildcards.slab]]


def gate(shape):
    """Input function: what all chunks hold of a bucket of skeletons or meshes."""

    def path(wildcards):
        named = shape.format(**wildcards)
        checkpoints.write_gates.get(shape=named)
        return f"{RESULTS}/gates/{named}/{wildcards.bucket}.txt"

    return path
