"""Volumes and skeletons for Neuroglancer.

REQUIRED INPUTS: the volumes, cells/lookups/, and skeletons/buckets/.
OUTPUTS: exports/neuroglancer, a folder to be served by any web server.
"""


rule export_volumes:
    """Write one tile of a volume for Neuroglancer, at its finer resolutions."""
    input:
        volumes=lambda wildcards: volume_files(exported_role(wildcards)),
        lookups=exported_lookups,
    output:
        shards=shard_files(STAGES[0], "{shard}"),
    log:
        f"{RESULTS}/logs/export_volumes/{{volume}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_volumes/{{volume}}/{{shard}}.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_volumes"),
        runtime=minutes("export_volumes"),
    params:
        source=exported_source,
        plan=PLAN,
        code=code_digest("export_volumes"),
    script:
        "../scripts/export_volumes.py"


rule export_overviews:
    """Write the coarser resolutions of a volume for Neuroglancer."""
    input:
        shards=shard_files(STAGES[0], STAGES[0][0].tiles),
    output:
        info=f"{VIEWER}/{{volume}}/info",
        coarse=coarse_files(),
    log:
        f"{RESULTS}/logs/export_overviews/{{volume}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_overviews/{{volume}}.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_overviews"),
        runtime=minutes("export_overviews"),
    params:
        source=exported_source,
        plan=PLAN,
        links=linked_folders,
        code=code_digest("export_overviews"),
    script:
        "../scripts/export_overviews.py"


rule export_skeletons:
    """Write one shard of the skeletons of cells for Neuroglancer."""
    input:
        skeletons=bucket_files("skeletons/buckets/{bucket}.h5"),
    output:
        shard=f"{VIEWER}/cells/skeletons/{{shard}}.shard",
    log:
        f"{RESULTS}/logs/export_skeletons/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_skeletons/{{shard}}.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_skeletons"),
        runtime=minutes("export_skeletons"),
    params:
        sharding=SHARDING,
        shift_nm=SHIFT_NM,
        code=code_digest("export_skeletons"),
    script:
        "../scripts/export_skeletons.py"
