"""Meshes of cells, organelles and synapses for Neuroglancer.

REQUIRED INPUTS: meshes/{meshed}/buckets/. Skeletons and meshes lie in shards by a hash
of their ids that is Neuroglancer's, not that of buckets: buckets are encoded one by one,
and each shard is then put together from all of them.
OUTPUTS: exports/neuroglancer/cells/mesh, a folder for each organelle, synapse_meshes.
"""


rule export_infos:
    """Say what the skeletons and meshes for Neuroglancer are."""
    output:
        infos=info_files(),
    log:
        f"{RESULTS}/logs/export_infos.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_infos.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_infos"),
        runtime=minutes("export_infos"),
    params:
        sharding=SHARDING,
        code=code_digest("export_infos"),
    script:
        "../scripts/export_infos.py"


rule export_encoded:
    """Encode the meshes of a bucket for Neuroglancer."""
    input:
        meshes=f"{MESHES}/buckets/{{bucket}}.h5",
    output:
        encoded=f"{EXPORTS}/encoded/{{meshed}}/{{bucket}}.h5",
    log:
        f"{RESULTS}/logs/export_encoded/{{meshed}}/{{bucket}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_encoded/{{meshed}}/{{bucket}}.tsv"
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_encoded"),
        runtime=minutes("export_encoded"),
    params:
        kind=lambda w: "cells" if w.meshed == "cells" else "objects",
        levels=mesh_levels,
        code=code_digest("export_encoded"),
    script:
        "../scripts/export_encoded.py"


# Meshes of cells lie beside their volume, those of organelles in folders of their own:
# Snakemake tells them apart by the folder, the script does not need to.
rule export_meshes:
    """Write one shard of the meshes of cells, or objects, for Neuroglancer."""
    input:
        encoded=encoded_files,
    output:
        shard=f"{VIEWER}/{{folder}}/{{shard}}.shard",
    log:
        f"{RESULTS}/logs/export_meshes/{{folder}}/{{shard}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_meshes/{{folder}}/{{shard}}.tsv"
    wildcard_constraints:
        folder="|".join(MESH_FOLDERS.values()) or "none",
    conda:
        "../envs/exports.yaml"
    resources:
        mem_mb=memory("export_meshes"),
        runtime=minutes("export_meshes"),
    params:
        sharding=SHARDING,
        code=code_digest("export_meshes"),
    script:
        "../scripts/export_meshes.py"
