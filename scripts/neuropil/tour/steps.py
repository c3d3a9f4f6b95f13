"""The steps of a tour: what each does, what came out, and how to look at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from neuropil.tour.doubts import MOSTLY
from neuropil.tour.facts import Facts
from neuropil.volumes.roles import kind_of

ROWS = 10  # of tables of largest things
CHOOSING = (
    "Choosing it: a low threshold merges cells, a high one cuts them. Where the "
    "truth is known, take what scores best (`evaluation/segmentation.parquet`, "
    "`evaluation/segmentations.json`). Where it is not, take the lowest one at which "
    "no cell crosses a membrane in the picture. The share of the largest cell jumps "
    "where many merge at once; cells that end inside grow in number where many are "
    "cut. Cells that are the same at all three thresholds are pale.",
)
CELL_COLUMNS = {
    "supervoxel_count": "Supervoxels#",
    "contact_partner_count": "Cells it touches#",
    "synapses_in": "Synapses in#",
    "synapses_out": "Synapses out#",
}
FURTHER = (
    ("morphology", "skeletons and meshes, and the shape of every cell"),
    ("exports", "for Neuroglancer, navis, spreadsheets and graph viewers"),
    ("export_label_sheet", "sheets of candidates, to judge synapses by hand"),
    ("classifier", "what is a synapse, and which way, learnt from these labels"),
)


class Step(NamedTuple):
    """One step of a tour.

    Attributes
    ----------
    title : heading
    text : paragraphs; words in backquotes are names of keys, files and rules
    figure : name of the picture in figures/, or empty
    columns, rows : a table; titles that end with # are of numbers
    files : paths below the results' folder
    """

    title: str
    text: tuple[str, ...]
    figure: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    files: tuple[str, ...] = ()


def list_steps(facts: Facts) -> list[Step]:
    """All steps for which the run has results.

    Parameters
    ----------
    facts : of `facts.Facts`
    """
    needs = {
        show_supervoxels: "figures/stages.png",
        show_threshold: "figures/thresholds.png",
        show_synapses: "connectome/synapses.parquet",
        show_connectome: "connectome/edges.parquet",
        show_cells: "figures/cells.png",
    }
    order = [show_volumes, show_supervoxels, show_threshold, show_sections]
    order += [show_synapses, show_connectome, show_cells, show_doubts, show_costs]
    steps = [show for show in order if show not in needs or facts.has(needs[show])]
    return [show(facts) for show in [*steps, show_further]]


def show_volumes(facts: Facts) -> Step:
    """Show what the run was given."""
    shape, size = facts.shape_vx, facts.voxel_size_nm
    text = (
        f"{write_sizes(shape)} voxels (z, y, x) of {write_sizes(size)} nm are "
        f"{write_sizes(n * s / 1000 for n, s in zip(shape, size))} µm. Each volume "
        "plays a role. One that is missing leaves out what would follow from it; a "
        "run says so at its start.",
    )
    rows = [
        (role, kind_of(facts.dataset, role), *name_source(source))
        for role, source in facts.dataset["volumes"].items()
    ]
    columns = ("Role", "Kind", "File", "Dataset in it")
    return Step("What was given", text, columns=columns, rows=tuple(rows))


def show_supervoxels(facts: Facts) -> Step:
    """Show supervoxels from a map of membranes."""
    settings = facts.settings["segmentation"]
    voxels = facts.read("cells/supervoxels.parquet", ["voxel_count"])["voxel_count"]
    edges = facts.read("segmentation/edges.parquet", ["area_um2"])
    where = "each section by itself" if settings["sections"] else "the volume"
    text = (
        f"A watershed floods {where} from the middle of cells to their membranes: "
        f"{len(voxels):,} supervoxels with {voxels.sum() / facts.voxel_count:.0%} of "
        f"all voxels, {voxels.median():,.0f} each (median). {len(edges):,} pairs of "
        "them touch; the edge of each is scored by the map on its faces, or by a "
        "model of edges, and "
        "supervoxels join along the best edge first (`segmentation` in the config).",
        "Look at the picture: no supervoxel may lie on both sides of a membrane, "
        "since nothing later parts it. If one does, lower `depth_nm` or `smooth_nm`; "
        "if the map has a hole there, mend the map. Too many pieces do no harm.",
    )
    files = ("supervoxels.h5", "edges.parquet", "joins.parquet")
    files = tuple(f"segmentation/{file}" for file in files)
    return Step("From membranes to supervoxels", text, "stages", files=files)


def show_threshold(facts: Facts) -> Step:
    """Show cells by a threshold, and what others would change."""
    counts = facts.read("figures/thresholds.parquet")
    chosen = counts[counts["is_chosen"]].iloc[0]
    threshold = chosen["threshold"]
    text = (
        f"Edges of at least `agglomeration: threshold`, here {threshold:g}, join "
        f"supervoxels to {chosen['cell_count']:,.0f} cells; the largest "
        f"{chosen['half_count']:,.0f} hold half of the volume, the largest one "
        f"{chosen['largest_share']:.1%}. {chosen['inner_count']:,.0f} cells, with "
        f"{chosen['inner_share']:.1%} of the volume, reach no face of the dataset.",
        *CHOOSING,
        "Another threshold repeats no step that reads voxels for the segmentation. Try "
        f"`--config 'agglomeration={{threshold: {threshold + 0.05:.2f}}}'`; with `-n`, "
        "Snakemake lists the jobs that would run.",
    )
    files = ("cells/membership.parquet", "figures/thresholds.parquet")
    return Step("From supervoxels to cells", text, "thresholds", files=files)


def show_sections(facts: Facts) -> Step:
    """Show cells with organelles and junctions, section by section."""
    rows = []
    for name, table in facts.organelles().items():
        whole = int((table["cell_fraction"] >= MOSTLY).sum())
        mapped = int((table["cell"] != 0).sum())
        median = f"{table['volume_um3'].median():.2g}" if len(table) else ""
        rows.append((name, f"{len(table):,}", f"{mapped:,}", f"{whole:,}", median))
    text = (
        "Organelles and junctions are objects of their maps; each belongs to the cell "
        "that holds most of it, if that is enough (`organelles` in the config). "
        "Junctions (sj) lie in two cells, so that no cell holds most of one.",
        "Look from section to section: a cell has one colour in all of them. A "
        "process that changes its colour was cut; one colour on both sides of a "
        "membrane is two cells that were merged. What has no colour is no cell.",
    )
    columns = ("Organelle", "Objects#", "In a cell#", "≥ 90 % in it#", "Median, µm³#")
    files = tuple(f"organelles/{name}.parquet" for name in facts.organelles())
    title = "Cells, organelles and junctions"
    return Step(title, text, "sections", columns, tuple(rows), files)


def show_synapses(facts: Facts) -> Step:
    """Show contacts and synapses."""
    areas = facts.read("contacts/contacts.parquet", ["area_um2"])["area_um2"]
    synapses = facts.read("connectome/synapses.parquet")
    junctions = facts.organelles()["sj"]["object"]
    used = int(junctions.isin(synapses["junction"]).sum())
    known = int((synapses["p_direction"] > 0.5).sum())
    text = (
        f"{len(areas):,} contact sites of two cells have {areas.sum():,.1f} µm² in "
        f"all. A synapse is where a junction lies on a contact: {used:,} of "
        f"{len(junctions):,} junctions hold {len(synapses):,} candidates between two "
        "different cells; one with several partners holds several.",
        f"The direction of {known:,} of them is known. It follows from vesicle "
        "clouds, and signs from types of junctions. Without these maps both are "
        "open, and which cell is called presynaptic means nothing.",
    )
    files = ("contacts/contacts.parquet", "connectome/synapses.parquet")
    return Step("Contacts and synapses", text, "synapses/connectome", files=files)


def show_connectome(facts: Facts) -> Step:
    """Show connections, the strongest of them, and the matrix."""
    edges = facts.read("connectome/edges.parquet")
    count = len(pd.unique(edges[["pre", "post"]].to_numpy().ravel()))
    several = int((edges["synapse_count"] > 1).sum())
    order = ["area_um2", "pre", "post"]
    strong = edges.sort_values(order, ascending=[False, True, True]).head(ROWS)
    rows = tuple(
        (f"{r.pre}", f"{r.post}", f"{r.synapse_count}", f"{r.area_um2:.3f}")
        for r in strong.itertuples()
    )
    text = (
        f"{len(edges):,} connections of {count:,} cells; {several:,} have several "
        "synapses. Candidates that are too unlikely (`synapses: min_p_synaptic`) "
        "make none. In the matrix, rows are presynaptic and columns postsynaptic "
        "cells, those with the largest area of synapses first.",
    )
    columns = ("Presynaptic", "Postsynaptic", "Synapses#", "Area, µm²#")
    files = ("connectome/edges.parquet", "connectome/cells.parquet")
    return Step("The connectome", text, "matrix", columns, rows, files)


def show_cells(facts: Facts) -> Step:
    """Show the largest cells as meshes, and what is known of each."""
    cells = facts.read("connectome/cells.parquet").drop(columns="volume_um3")
    cells = facts.read("figures/cells.parquet").merge(cells).sort_values("place")
    names = ["supervoxel_count", "contact_partner_count", "synapses_in", "synapses_out"]
    names = [name for name in names if name in cells]
    rows = tuple(
        (f"{r['cell']}", f"{r['volume_um3']:.3f}", *(f"{r[name]:,}" for name in names))
        for r in cells.to_dict("records")
    )
    text = (
        "The largest cells as closed meshes, to scale along all axes; the first "
        "section is on top. Branches of a true cell go on from section to section; "
        "two cells that were merged show as a bridge between neurites.",
    )
    columns = ("Cell", "Volume, µm³#", *(CELL_COLUMNS[name] for name in names))
    files = ("meshes/cells/buckets/", "connectome/cells.parquet")
    return Step("Cells in three dimensions", text, "cells", columns, rows, files)


def show_doubts(facts: Facts) -> Step:
    """Show what to look at first."""
    doubts = facts.read("figures/doubts.parquet")
    kinds = doubts.groupby("kind", sort=False)["count"].first()
    found = "; ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    text = (
        "No truth is needed to see where a run is in doubt: "
        f"{found or 'here, nothing'}. The largest are outlined in red, each in the "
        "section before it begins, its first, one within, its last, and the one "
        "after.",
        "A cell that ends inside of the dataset is mostly a piece of a thin process, "
        "cut where it shifts by more than its width from one section to the next; "
        "some are whole: tips of branches, and fingers within other cells.",
    )
    return Step("What to doubt", text, "doubts", files=("figures/doubts.parquet",))


def show_costs(facts: Facts) -> Step:
    """Show time and memory of every rule."""
    rules = facts.read("figures/runs.parquet").sort_values("seconds", ascending=False)
    columns = ("Rule", "Jobs#", "Wall time, s#", "Processor, s#", "Peak memory, MB#")
    names = ["job_count", "seconds", "cpu_seconds", "peak_mb"]
    forms = ("{:,.0f}", "{:,.1f}", "{:,.1f}", "{:,.0f}")
    rows = tuple(
        (row["rule"], *(form.format(row[name]) for form, name in zip(forms, names)))
        for row in rules.to_dict("records")
    )
    jobs, seconds, cpu = rules[names[:3]].sum()
    text = (
        f"{jobs:,.0f} jobs took {seconds:,.0f} s one after the other, and {cpu:,.0f} "
        f"s of processors, for {facts.voxel_count / 1e6:,.1f} million voxels. "
        "Snakemake's own time is not in it, nor, at first, what only this page shows. "
        "`compile_kernels` is needed once on a machine. `costs/costs.txt` says what "
        "this costs on rented machines.",
    )
    files = ("figures/runs.parquet", "costs/costs.txt")
    return Step("What it took", text, "", columns, rows, files)


def show_further(facts: Facts) -> Step:
    """Show what can be made next."""
    text = (
        "Name one of these before `--configfile`, as in `snakemake exports "
        "--configfile config/mine.yaml`; only what is not there yet is made.",
    )
    return Step("What can be made next", text, columns=("Name", "What"), rows=FURTHER)


def name_source(source: Mapping) -> tuple[str, str]:
    """Name the file of a volume, with the folder that it is in, and the dataset in it.

    >>> name_source({"path": "/data/mine/maps.h5", "dataset": "sj"})
    ('mine/maps.h5', 'sj')
    """
    path = source["path"]
    short = path if "://" in path else "/".join(Path(path).parts[-2:])
    return short, source.get("dataset") or ""


def write_sizes(sizes: Iterable[float]) -> str:
    """Write sizes along z, y and x.

    >>> write_sizes((10, 1024, 1024)), write_sizes([0.475, 4.7104])
    ('10 x 1,024 x 1,024', '0.475 x 4.71')
    """
    return " x ".join(f"{int(n):,}" if n == int(n) else f"{n:.3g}" for n in sizes)
