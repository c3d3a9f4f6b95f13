"""neuropil: from volumes of brain tissue to an annotated connectome."""

import sys

from snakemake.utils import min_version

min_version("9.27")
sys.path.insert(0, f"{workflow.basedir}/scripts")


configfile: "config/config.yaml"


# A phantom of another size or seed says just what is different.
if "dataset" not in config or "phantom" in config:

    configfile: "config/phantom.yaml"


report: "rules/captions/workflow.rst"


include: "rules/common.smk"
include: "rules/resources.smk"
include: "rules/morphology.smk"
include: "rules/slab_files.smk"
include: "rules/slabs.smk"
include: "rules/final_files.smk"
include: "rules/truth_files.smk"
include: "rules/figure_files.smk"
include: "rules/membranes.smk"
include: "rules/kernels.smk"
include: "rules/volumes.smk"
include: "rules/supervoxels.smk"
include: "rules/moments.smk"
include: "rules/edges.smk"
include: "rules/organelles.smk"
include: "rules/cells.smk"
include: "rules/skeletons.smk"
include: "rules/meshes.smk"
include: "rules/contacts.smk"
include: "rules/synapses.smk"
include: "rules/label_files.smk"
include: "rules/classifier.smk"
include: "rules/connectome.smk"
include: "rules/labels.smk"
include: "rules/poisson.smk"
include: "rules/sheets.smk"
include: "rules/shapes.smk"
include: "rules/segmentations.smk"
include: "rules/sizes.smk"
include: "rules/figures.smk"
include: "rules/costs.smk"
include: "rules/summary.smk"
include: "rules/tour_figures.smk"
include: "rules/tour.smk"
include: "rules/export_files.smk"
include: "rules/exports.smk"
include: "rules/export_meshes.smk"
include: "rules/export_cells.smk"
include: "rules/export_tables.smk"
include: "rules/export_views.smk"
include: "rules/targets.smk"


if "truth" in ROLES:

    include: "rules/shares.smk"
    include: "rules/edge_model.smk"
    include: "rules/worst_cells.smk"


if PHANTOM:

    include: "rules/phantom.smk"
    include: "rules/evaluation.smk"
    include: "rules/scores.smk"
    include: "rules/cell_scores.smk"
    include: "rules/run_lengths.smk"


rule all:
    """Make everything that the dataset's volumes and tables allow."""
    default_target: True
    input:
        final_files(),
        f"{RESULTS}/summary.txt",
