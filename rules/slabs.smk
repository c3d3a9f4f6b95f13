"""From chunks to buckets: what chunks hold of cells and objects, on its way to whole ones.

REQUIRED INPUTS: {shape}/chunks/, pieces of cells or objects; {shape} is skeletons or
meshes/{meshed}.
OUTPUTS: slabs/{shape}/{slab}.h5, the pieces of many chunks in one file, if there are more
chunks than go into one slab; gates/{shape}/{bucket}.txt, which tell the buckets that
changed.
"""


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
