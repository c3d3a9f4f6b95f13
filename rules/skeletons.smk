"""Skeletons of cells: traced in tiles, then put together cell by cell.

REQUIRED INPUTS: the supervoxels; cells/lookups/, which cells they are of.
OUTPUTS: skeletons/buckets/{bucket}.h5, the skeletons of the cells of a bucket, and
skeletons/buckets/{bucket}.parquet, a table of them.
"""


rule extract_skeletons:
    """Trace the skeletons of cells in the tiles of one chunk."""
    input:
        volumes=volume_files("supervoxels"),
        lookups=tile_lookups,
    output:
        pieces=f"{RESULTS}/skeletons/chunks/{{chunk}}.h5",
    log:
        f"{RESULTS}/logs/extract_skeletons/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_skeletons/{{chunk}}.tsv"
    conda:
        "../envs/skeletons.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_skeletons"),
        runtime=minutes("extract_skeletons"),
    params:
        dataset=dataset_of("supervoxels"),
        tiles=lambda wildcards: (STEP, chunk_tiles(wildcards)),
        rules={k: config["skeletons"][k] for k in ("dust_nm3", "teasar")},
        buckets=len(BUCKETS),
        code=code_digest("extract_skeletons"),
    script:
        "../scripts/extract_skeletons.py"


rule merge_skeletons:
    """Put the skeletons of the cells of one bucket together."""
    input:
        gate=gate("skeletons"),
        pieces=ancient(piece_files("skeletons")),
    output:
        skeletons=f"{RESULTS}/skeletons/buckets/{{bucket}}.h5",
        table=f"{RESULTS}/skeletons/buckets/{{bucket}}.parquet",
    log:
        f"{RESULTS}/logs/merge_skeletons/{{bucket}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_skeletons/{{bucket}}.tsv"
    conda:
        "../envs/skeletons.yaml"
    resources:
        mem_mb=memory("merge_skeletons"),
        runtime=minutes("merge_skeletons"),
    params:
        skeletons=config["skeletons"],
        voxel_size_nm=VOXEL_SIZE_NM,
        code=code_digest("merge_skeletons"),
    script:
        "../scripts/merge_skeletons.py"
