"""Names for what a plain run leaves out: `snakemake morphology`, and so on.

REQUIRED INPUTS: what the rules that make it need.
OUTPUTS: none of their own.
"""


rule morphology:
    """Make skeletons and meshes of cells, and measure their shape; mesh synapses."""
    input:
        bucket_files("skeletons/buckets/{bucket}.h5"),
        mesh_files(),
        shape_files(),
        cell_scores(),


rule exports:
    """Write all that can be exported for other tools."""
    input:
        export_targets(),


rule classifier:
    """Learn from labels of synapses, and show how good what is learnt is."""
    input:
        rules.train_classifier.output,
        rules.evaluate_classifier.output.scores,
        rules.plot_classifier.output.png,


rule costs:
    """Say what jobs asked for and used, and what the run costs: costs/costs.txt."""
    input:
        rules.measure_costs.output,
        rules.plot_costs.output,


rule tour:
    """Lead through the run on a page with its pictures: tour.html."""
    input:
        rules.render_tour.output,


if "truth" in ROLES:

    rule edge_model:
        """Learn from true cells which edges between supervoxels join."""
        input:
            OWN_MODEL,
