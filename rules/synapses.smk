"""Find synapses, and which of their two cells is presynaptic.

REQUIRED INPUTS: the supervoxels, the contact sites and the junctions (organelle sj) of
each chunk; cells/membership.parquet; maps of types (sym, asym) and organelles
(mi, vc, ...) where there are any.
OUTPUTS: synapses/candidates.parquet, features.parquet (what lies near them on either
side), direction.parquet (which side is presynaptic, and whether it is a synapse).
"""

SYNAPSES = config["synapses"]
JOINING = ("same_pair_nm", "across_nm", "min_size_vx", "min_sym_ratio", "points_nm")
VOXEL_SIZE_NM = tuple(DATASET["voxel_size_nm"][axis] for axis in "zyx")
# Junctions lie in two cells; all other organelles lie in one.
INNER_ORGANELLES = [name for name in ORGANELLES if name != "sj"]


rule extract_synapses:
    """Find where junctions lie in contact sites of one chunk."""
    input:
        volumes=volume_files("supervoxels", "sj", "sym", "asym"),
        sites=f"{RESULTS}/contacts/chunks/{{chunk}}.h5",
        pairs=f"{RESULTS}/contacts/chunks/{{chunk}}.parquet",
        junctions=f"{RESULTS}/organelles/sj/chunks/{{chunk}}.h5",
    output:
        fragments=f"{RESULTS}/synapses/chunks/{{chunk}}.parquet",
        voxels=f"{RESULTS}/synapses/chunks/{{chunk}}.voxels.parquet",
        patches=f"{RESULTS}/synapses/chunks/{{chunk}}.patches.parquet",
    log:
        f"{RESULTS}/logs/extract_synapses/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_synapses/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_synapses"),
        runtime=minutes("extract_synapses"),
    params:
        dataset=dataset_of("supervoxels", "sj", "sym", "asym"),
        reach_nm=config["contacts"]["reach_nm"],
        min_type_probability=SYNAPSES["min_type_probability"],
        boxes=lambda wildcards: (core_box(wildcards), BLOCK),
        code=code_digest("extract_synapses"),
    script:
        "../scripts/extract_synapses.py"


rule merge_synapses:
    """Join what lies in the contact of two cells to candidates of synapses."""
    input:
        fragments=chunk_files("synapses/chunks/{chunk}.parquet"),
        voxels=chunk_files("synapses/chunks/{chunk}.voxels.parquet"),
        patches=chunk_files("synapses/chunks/{chunk}.patches.parquet"),
        membership=f"{RESULTS}/cells/membership.parquet",
    output:
        candidates=f"{RESULTS}/synapses/candidates.parquet",
        points=f"{RESULTS}/synapses/points.parquet",
        members=f"{RESULTS}/synapses/members.parquet",
    log:
        f"{RESULTS}/logs/merge_synapses.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_synapses.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("merge_synapses"),
        runtime=minutes("merge_synapses"),
    params:
        settings={key: SYNAPSES[key] for key in JOINING},
        voxel_size_nm=VOXEL_SIZE_NM,
        code=code_digest("merge_synapses"),
    script:
        "../scripts/merge_synapses.py"


rule measure_synapses:
    """Measure which organelles lie near synapses in both of their cells."""
    input:
        candidates=rules.merge_synapses.output.candidates,
        points=rules.merge_synapses.output.points,
        organelles=expand(
            f"{RESULTS}/organelles/{{organelle}}/points.parquet",
            organelle=INNER_ORGANELLES,
        ),
        membership=f"{RESULTS}/cells/membership.parquet",
    output:
        features=f"{RESULTS}/synapses/features.parquet",
    log:
        f"{RESULTS}/logs/measure_synapses.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_synapses.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_synapses"),
        runtime=minutes("measure_synapses"),
    params:
        settings=(INNER_ORGANELLES, VOXEL_SIZE_NM, SYNAPSES["radii_nm"]),
        code=code_digest("measure_synapses"),
    script:
        "../scripts/measure_synapses.py"


rule predict_direction:
    """Predict which cell of a synapse is presynaptic, from organelles nearby."""
    input:
        candidates=rules.merge_synapses.output.candidates,
        features=rules.measure_synapses.output.features,
    output:
        direction=f"{RESULTS}/synapses/direction.parquet",
    log:
        f"{RESULTS}/logs/predict_direction.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_direction.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("predict_direction"),
        runtime=minutes("predict_direction"),
    params:
        settings=SYNAPSES["direction"],
        voxel_size_nm=VOXEL_SIZE_NM,
        code=code_digest("predict_direction"),
    script:
        "../scripts/predict_direction.py"
