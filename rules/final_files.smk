"""Everything that a plain run makes.

REQUIRED INPUTS: the checked config; lists of files of organelles, figures and sizes.
OUTPUTS: none; a function that rule all and the summary call.
"""


def final_files():
    """Everything that the dataset's volumes and tables allow to make."""
    tissue = ["kernels.txt", "connectome/cells.parquet", "contacts/contacts.parquet"]
    wanted = ["config.yaml"] + tissue * bool(ROLES)
    wanted += expand("organelles/{organelle}.parquet", organelle=ORGANELLES)
    if "sj" in ORGANELLES:
        wanted += expand("connectome/{table}.parquet", table=CONNECTOME)
        wanted += ["synapses/labels.parquet"] if LABELS["table"] else []
    if PHANTOM and "sj" in ORGANELLES:
        wanted += expand("evaluation/{file}", file=SCORED)
    wanted += segment_scores()
    if "truth" in ROLES and OWN_SUPERVOXELS:
        wanted += ["evaluation/worst_cells.html"]
    wanted += [f"figures/{figure}.png" for figure in figures()] + measured_sizes()
    return [f"{RESULTS}/{path}" for path in wanted]
