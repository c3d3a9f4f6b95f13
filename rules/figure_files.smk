"""Names of the files that figures and the page of the evaluation read and make.

REQUIRED INPUTS: none.
OUTPUTS: none; functions that rule files call.
"""

from neuropil.dataset import require_roles


def figures():
    """Name the figures that the dataset's volumes allow."""
    names = ["slices", "sizes", "costs"] * bool(ROLES) + ["runs"]
    names += ["matrix"] * ("sj" in ORGANELLES)
    names += ["distances"] * (PHANTOM and "sj" in ORGANELLES)
    names += ["statistics"] * PHANTOM + ["segmentation"] * has_sweep()
    return names + [f"synapses/{table}" for table in synapse_tables()]


def tour_figures():
    """Name the figures that the tour of a run shows beside those of a plain run."""
    names = ["stages"] * OWN_SUPERVOXELS + ["sections", "doubts"]
    names += ["thresholds"] * ("edges" in AGGLOMERATION)
    return names + ["cells"] * ("cells" in MESHED)


def threshold_scores():
    """Name the table of scores at every threshold; none where no truth is known."""
    made = [f"{RESULTS}/evaluation/segmentation.parquet"]
    return made if has_sweep() else []


def tour_files(wildcards):
    """Input function: all that the tour of a run shows."""
    with explained():
        require_roles(config, ("supervoxels",), "A tour")
    return final_files() + expand(
        f"{RESULTS}/figures/{{name}}.png", name=tour_figures()
    )


def synapse_tables():
    """Name the tables of synapses: the run's own, if it has one, and those of others."""
    return ["connectome"] * ("sj" in ORGANELLES) + [*config["tables"]]


def measured_sizes():
    """Name the statistics of all tables of synapses."""
    return [f"sizes/{table}.json" for table in synapse_tables()]


def figure_files(name, label):
    """Name the files of a figure; the picture goes into the report."""
    path = f"{RESULTS}/figures/{name}"
    caption = f"captions/{name.partition('/')[0]}.rst"
    kind = {"figure": label}
    return {
        "png": report(f"{path}.png", caption=caption, category="Figures", labels=kind),
        "svg": f"{path}.svg",
        "numbers": f"{path}.parquet",
    }


def synapse_table(wildcards):
    """Name the table of synapses: the run's own, or one of others."""
    own = wildcards.table == "connectome"
    path = "connectome/synapses" if own else f"tables/{wildcards.table}"
    return f"{RESULTS}/{path}.parquet"


def sized_files(wildcards):
    """Name what statistics of synapses are made from, touching pairs if they are given."""
    touching = GIVEN.get(wildcards.table, {}).get("touching")
    files = {"touching": touching["path"]} if touching else {}
    return files | {"synapses": synapse_table(wildcards)}


def label_files():
    """Name the chunk files of each organelle's labels."""
    pattern = "organelles/{organelle}/chunks/{chunk}.h5"
    return {name: chunk_files(pattern, organelle=name) for name in ORGANELLES}


def all_but_runs(wildcards):
    """Name the final files whose cost is shown: all but the figure that shows it."""
    return [path for path in final_files() if not path.endswith("figures/runs.png")]


def all_but_costs(wildcards):
    """Name the final files whose jobs are priced."""
    paths = all_but_runs(wildcards)
    return [path for path in paths if not path.endswith("figures/costs.png")]


def known_types():
    """Name the tables that tell the types of cells; none without truth."""
    files = {
        "cells": f"{RESULTS}/evaluation/cells.parquet",
        "types": f"{RESULTS}/phantom/truth/cells.parquet",
    }
    return files if PHANTOM else {}


def size_files():
    """Name the tables that hold sizes."""
    pattern = f"{RESULTS}/organelles/{{organelle}}.parquet"
    files = {
        "contacts": f"{RESULTS}/contacts/contacts.parquet",
        "cells": f"{RESULTS}/connectome/cells.parquet",
        "organelles": expand(pattern, organelle=ORGANELLES),
    }
    if "sj" in ORGANELLES:
        files["synapses"] = f"{RESULTS}/connectome/synapses.parquet"
    return files
