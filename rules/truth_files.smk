"""Names of the files that scores against a truth are made of, and what they end in.

REQUIRED INPUTS: none.
OUTPUTS: none; functions that rule files call.
"""

# What the evaluation of a phantom ends in.
SCORED = ("evaluation.json", "evaluation.html", "thresholds.parquet")


def share_files():
    """Name what supervoxels share with true cells, if a map made them; else nothing."""
    pattern = "evaluation/shares/{chunk}.parquet"
    return chunk_files(pattern) if OWN_SUPERVOXELS else []


def swept_edges():
    """Name the scored edges that make cells: the run's own, or those that are given."""
    own = f"{RESULTS}/segmentation/joins.parquet"
    return own if OWN_SUPERVOXELS else AGGLOMERATION.get("edges", [])


def true_types():
    """Name the table of the types of true cells, if there is one."""
    return [f"{RESULTS}/phantom/truth/cells.parquet"] if PHANTOM else []


def true_cable():
    """Name true skeletons, and the supervoxels at their nodes, if there are any."""
    if not PHANTOM:
        return {"skeletons": [], "nodes": []}
    skeletons = [f"{RESULTS}/phantom/truth/skeletons.parquet"]
    nodes = chunk_files("evaluation/nodes/{chunk}.parquet")
    return {"skeletons": skeletons, "nodes": nodes}


def segment_scores():
    """Name the scores of cells; of none if they are made of the truth's own supervoxels."""
    known = {"truth", "supervoxels"} <= {*ROLES}
    if not known or (PHANTOM and not OWN_SUPERVOXELS):
        return []
    sweep = ["evaluation/segmentation.parquet"] if swept_edges() else []
    return ["evaluation/cells.json", *sweep]


def has_sweep():
    """Tell whether cells are scored at all thresholds: edges have scores, truth is known."""
    return "evaluation/segmentation.parquet" in segment_scores()


def labels_evaluated():
    """Name the chunk files of the labels that the truth is compared with."""
    files = label_files()
    return [path for name in EVALUATED for path in files[name]]


def evaluation_page():
    """Name the page; it goes into the report."""
    path, caption = f"{MATCHES}/evaluation.html", "captions/evaluation.rst"
    return {"page": report(path, caption=caption, category="Evaluation")}


def worst_page():
    """Name the page of the worst splits and mergers; it goes into the report."""
    path = f"{RESULTS}/evaluation/worst_cells.html"
    caption = "captions/worst_cells.rst"
    return {"page": report(path, caption=caption, category="Evaluation")}
