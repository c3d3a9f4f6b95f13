"""Contact sites of supervoxels, and the contacts of cells that they make up.

REQUIRED INPUTS: the supervoxels; for the contacts of cells, cells/membership.parquet.
OUTPUTS: contacts/contacts.parquet and contacts/pairs.parquet of cells;
contacts/sites.parquet of supervoxels, and per chunk a volume of labels
(contacts/labels.parquet says which site each label is part of).
"""


rule extract_contacts:
    """Find the contact sites of supervoxels in one chunk."""
    input:
        volumes=volume_files("supervoxels"),
    output:
        labels=f"{RESULTS}/contacts/chunks/{{chunk}}.h5",
        fragments=f"{RESULTS}/contacts/chunks/{{chunk}}.parquet",
        links=f"{RESULTS}/contacts/chunks/{{chunk}}.links.parquet",
        rim=f"{RESULTS}/contacts/chunks/{{chunk}}.rim.parquet",
        strays=f"{RESULTS}/contacts/chunks/{{chunk}}.strays.parquet",
    log:
        f"{RESULTS}/logs/extract_contacts/{{chunk}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/extract_contacts/{{chunk}}.tsv"
    conda:
        "../envs/volumes.yaml"
    threads: chunk_threads
    resources:
        mem_mb=memory("extract_contacts"),
        runtime=minutes("extract_contacts"),
    params:
        dataset=dataset_of("supervoxels"),
        contacts=config["contacts"],
        boxes=lambda wildcards: (core_box(wildcards), GRID.box),
        block=BLOCK,
        code=code_digest("extract_contacts"),
    script:
        "../scripts/extract_contacts.py"


rule link_contacts:
    """Join the contact sites of all chunks."""
    input:
        fragments=chunk_files("contacts/chunks/{chunk}.parquet"),
        links=chunk_files("contacts/chunks/{chunk}.links.parquet"),
        rim=chunk_files("contacts/chunks/{chunk}.rim.parquet"),
        strays=chunk_files("contacts/chunks/{chunk}.strays.parquet"),
    output:
        sites=f"{RESULTS}/contacts/sites.parquet",
        labels=f"{RESULTS}/contacts/labels.parquet",
        touching=f"{RESULTS}/contacts/touching.parquet",
        strays=f"{RESULTS}/contacts/strays.parquet",
    log:
        f"{RESULTS}/logs/link_contacts.log",
    benchmark:
        f"{RESULTS}/benchmarks/link_contacts.tsv"
    priority: 10  # while it waits, each look for jobs asks the disk for all its files
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("link_contacts"),
        runtime=minutes("link_contacts"),
    params:
        grid=(GRID.box, GRID.chunk_shape),
        code=code_digest("link_contacts"),
    script:
        "../scripts/link_contacts.py"


rule measure_contacts:
    """Measure the contacts of cells."""
    input:
        sites=f"{RESULTS}/contacts/sites.parquet",
        touching=f"{RESULTS}/contacts/touching.parquet",
        strays=f"{RESULTS}/contacts/strays.parquet",
        membership=f"{RESULTS}/cells/membership.parquet",
    output:
        contacts=f"{RESULTS}/contacts/contacts.parquet",
        pairs=f"{RESULTS}/contacts/pairs.parquet",
        sites=f"{RESULTS}/contacts/site_contacts.parquet",
    log:
        f"{RESULTS}/logs/measure_contacts.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_contacts.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("measure_contacts"),
        runtime=minutes("measure_contacts"),
    params:
        voxel_size_nm=[DATASET["voxel_size_nm"][axis] for axis in "zyx"],
        min_area_um2=config["contacts"]["min_area_um2"],
        code=code_digest("measure_contacts"),
    script:
        "../scripts/measure_contacts.py"
