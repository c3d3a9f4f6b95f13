"""From chunks to buckets: what chunks hold of cells and objects, on its way to whole ones.

REQUIRED INPUTS: {shape}/chunks/, pieces of cells or objects; {shape} is skeletons or
meshes/{meshed}.
OUTPUTS: slabs/{shape}/{slab}.h5, the pieces of many chunks in one file, if there are more
chunks than go into one slab; gates/{shape}/{bucket}.txt, which tell the buckets that
changed.
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


rule merge_pieces:
    """Put the pieces that the chunks of a slab hold into one file."""
    input:
        pieces=slab_pieces,
    output:
        pieces=f"{RESULTS}/slabs/{{shape}}/{{slab}}.h5",
    log:
        f"{RESULTS}/logs/merge_pieces/{{shape}}/{{slab}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_pieces/{{shape}}/{{slab}}.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("merge_pieces"),
        runtime=minutes("merge_pieces"),
    params:
        code=code_digest("merge_pieces"),
    script:
        "../scripts/merge_pieces.py"


# A checkpoint, as write_lookups is: of the jobs behind it just those are run whose gate
# became another one. They read the pieces, too, which say nothing of one bucket and so
# are `ancient`; as all of them are inputs here, none is made behind its back.
checkpoint write_gates:
    """Write what the chunks hold of each bucket of skeletons or meshes, in short."""
    input:
        pieces=lambda wildcards: piece_files(wildcards.shape),
    output:
        gates=bucket_files("gates/{shape}/{bucket}.txt", shape="{shape}"),
    log:
        f"{RESULTS}/logs/write_gates/{{shape}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_gates/{{shape}}.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("write_gates"),
        runtime=minutes("write_gates"),
    params:
        code=code_digest("write_gates"),
    script:
        "../scripts/write_gates.py"
