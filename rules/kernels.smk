"""Compile the kernels of voxel steps before many jobs want them at the same time.

REQUIRED INPUTS: none; the config, since it decides which kernels are called, and how.
OUTPUTS: kernels.txt, the steps that were rehearsed. The code itself is in numba's cache
(kernel_cache.py); a job that does not find it there compiles what it needs.
"""

REHEARSED = {
    "organelles": {name: config["organelles"][name] for name in ORGANELLES},
    "contacts": config["contacts"] if "supervoxels" in ROLES else None,
    "skeletons": config["skeletons"] if "supervoxels" in ROLES else None,
    "segmentation": config["segmentation"] if OWN_SUPERVOXELS else None,
    "corrections": [n for n in ("corrections", "somata") if n in AGGLOMERATION],
    "membranes": SHEETS_BY if config["segmentation"]["map"] == "raw" else None,
    "phantom": config.get("phantom"),
    "meshes": MESHING,
}


# No job has its output as input: with that as an ancient one, Snakemake would not look
# for other reasons to run what is behind it. It comes first by its priority instead, and
# on one machine takes all cores, so that nothing else begins before it has ended.
rule compile_kernels:
    """Compile the kernels that the jobs of this dataset call."""
    output:
        kernels=f"{RESULTS}/kernels.txt",
    log:
        f"{RESULTS}/logs/compile_kernels.log",
    benchmark:
        f"{RESULTS}/benchmarks/compile_kernels.tsv"
    priority: 100
    conda:
        "../envs/volumes.yaml"
    threads: max(3, workflow.cores or 3)
    resources:
        mem_mb=memory("compile_kernels"),
        runtime=minutes("compile_kernels"),
    params:
        sections=REHEARSED,
        voxel_size_nm=VOXEL_SIZE_NM,
        code=code_digest("compile_kernels"),
    script:
        "../scripts/compile_kernels.py"
