"""Candidates of synapses that people label: sheets to judge them by, labels read back.

REQUIRED INPUTS: synapses/candidates.parquet, points.parquet, features.parquet;
connectome/synapses.parquet, raw and junctions for sheets; the table of labels that the
config names (synapses: labels: table), or a phantom's truth.
OUTPUTS: synapses/labels.parquet (which candidates are synapses, their direction and
sign); exports/labels/: candidates.csv to be filled in, and sheets/*.png.
"""


rule export_label_sheet:
    """Draw candidates of synapses for people to label, and a table to fill in."""
    input:
        volumes=sheet_volumes,
        synapses=rules.measure_connectome.output.synapses,
        membership=f"{RESULTS}/cells/membership.parquet",
        junctions=chunk_files("organelles/sj/chunks/{chunk}.h5"),
    output:
        table=f"{RESULTS}/exports/labels/candidates.csv",
        sheets=directory(f"{RESULTS}/exports/labels/sheets"),
    log:
        f"{RESULTS}/logs/export_label_sheet.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_label_sheet.tsv"
    conda:
        "../envs/figures.yaml"
    resources:
        mem_mb=memory("export_label_sheet"),
        runtime=minutes("export_label_sheet"),
    params:
        dataset=dataset_of("raw", "supervoxels"),
        settings={k: LABELS[k] for k in ("count", "seed", "strata", "sheet")},
        code=code_digest("export_label_sheet"),
    script:
        "../scripts/export_label_sheet.py"


rule link_labels:
    """Match labels that people gave, or the truth, to candidates of synapses."""
    input:
        **labels_given(),
        candidates=rules.merge_synapses.output.candidates,
        points=rules.merge_synapses.output.points,
    output:
        labels=f"{RESULTS}/synapses/labels.parquet",
    log:
        f"{RESULTS}/logs/link_labels.log",
    benchmark:
        f"{RESULTS}/benchmarks/link_labels.tsv"
    conda:
        "../envs/volumes.yaml"
    resources:
        mem_mb=memory("link_labels"),
        runtime=minutes("link_labels"),
    params:
        voxel_size_nm=VOXEL_SIZE_NM,
        settings=label_settings(),
        code=code_digest("link_labels"),
    script:
        "../scripts/link_labels.py"
