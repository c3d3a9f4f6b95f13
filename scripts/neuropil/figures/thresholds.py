"""What another threshold of the agglomeration would change, in numbers and to see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from neuropil.cells import join_supervoxels, map_to_cells, merge_cells
from neuropil.figures.painting import blend, find_borders, stretch
from neuropil.figures.slices import WIDTH_IN, add_scale_bar, choose_box
from neuropil.figures.style import BLACK, BLUE, GREY, RED, colour_ids, in_style
from neuropil.grid import Box
from neuropil.storage import read_table
from neuropil.volumes.roles import open_role

STEPS = 20  # thresholds that are compared, beside the chosen one
BESIDE = 8  # this part of all scores lies between two thresholds that are shown
START, STOP = ([f"{end}_{axis}_vx" for axis in "zyx"] for end in ("start", "stop"))


class Section(NamedTuple):
    """A section of supervoxels; images have the shape (rows, columns).

    Attributes
    ----------
    ids : of supervoxels, 0 is none
    raw : grey values, or None
    pixel_nm : height and width of a pixel
    """

    ids: np.ndarray
    raw: np.ndarray | None
    pixel_nm: tuple[float, float]


def read_section(dataset: dict, window_nm: float) -> Section:
    """Read the middle section along z, as far as the window goes.

    Parameters
    ----------
    dataset : as `volumes.roles.open_role` takes it
    """
    whole = Box(*(tuple(corner) for corner in dataset["box_vx"]))
    size = tuple(dataset["voxel_size_nm"][axis] for axis in "zyx")
    box = choose_box(whole, size, window_nm, 0)
    roles = ("supervoxels", "raw")
    ids, raw = (
        open_role(dataset, r).read(box)[0] if r in dataset["volumes"] else None
        for r in roles
    )
    return Section(ids, raw, size[1:])


def read_scores(paths: Sequence[str]) -> pd.DataFrame | None:
    """Read the scores of thresholds, from one table or none."""
    return read_table(paths[0]) if paths else None


def choose_thresholds(scores: np.ndarray, chosen: float) -> np.ndarray:
    """Thresholds to compare, ascending: over the range of scores, and the chosen one.

    >>> choose_thresholds(np.array([0.0, 0.7, 1.0]), 0.33)[5:9].tolist()
    [0.25, 0.3, 0.33, 0.35]
    """
    low, high = (scores.min(), scores.max()) if len(scores) else (chosen, chosen)
    even = np.linspace(low, high, STEPS + 1)
    return np.unique([*(float(f"{value:.3g}") for value in even), chosen])


def choose_shown(scores: np.ndarray, chosen: float) -> list[float]:
    """Choose the thresholds to show: a lower one, the chosen, a higher one.

    >>> choose_shown(np.array([0.0, 1.0]), 0.4)
    [0.275, 0.4, 0.525]
    """
    step = np.ptp(scores) / BESIDE if len(scores) else 0.0
    return [float(f"{chosen + k * step:.3g}") for k in (-1, 0, 1)]


def make_cells(
    supervoxels: np.ndarray, edges: pd.DataFrame, threshold: float
) -> pd.DataFrame:
    """Table supervoxel, cell that a threshold gives; as the run makes it."""
    return merge_cells(supervoxels, join_supervoxels(edges, threshold))


def show_cells(
    supervoxels: pd.DataFrame, edges: pd.DataFrame, chosen: float
) -> dict[float, pd.DataFrame]:
    """Table supervoxel, cell of each threshold that is shown."""
    ids = supervoxels["supervoxel"].to_numpy()
    shown = choose_shown(edges["score"].to_numpy(), chosen)
    return {threshold: make_cells(ids, edges, threshold) for threshold in shown}


def compare_thresholds(
    supervoxels: pd.DataFrame, edges: pd.DataFrame, chosen: float, box: Box
) -> pd.DataFrame:
    """Count what each threshold makes.

    Parameters
    ----------
    supervoxels : table of schema ``supervoxels``
    edges : supervoxel_a, supervoxel_b, score
    chosen : the run's threshold
    box : the dataset's

    Returns
    -------
    Rows of schema ``cells_by_threshold``
    """
    rows = []
    for threshold in choose_thresholds(edges["score"].to_numpy(), chosen):
        table = make_cells(supervoxels["supervoxel"].to_numpy(), edges, threshold)
        cells = map_to_cells(supervoxels["supervoxel"].to_numpy(), table)
        counts = count_cells(supervoxels, cells, box)
        rows.append(
            {"threshold": threshold, "is_chosen": threshold == chosen, **counts}
        )
    return pd.DataFrame(rows)


def count_cells(supervoxels: pd.DataFrame, cells: np.ndarray, box: Box) -> dict:
    """Count cells: all, those that end inside, and how much the largest hold."""
    groups = supervoxels.groupby(cells)
    sizes = groups["voxel_count"].sum().to_numpy()
    start, stop = groups[START].min().to_numpy(), groups[STOP].max().to_numpy()
    inner = ((start > box.start) & (stop < box.stop)).all(axis=1)
    total, large = max(sizes.sum(), 1), np.sort(sizes)[::-1]
    return {
        "cell_count": len(sizes),
        "inner_count": int(inner.sum()),
        "inner_share": float(sizes[inner].sum() / total),
        "largest_share": float(large[:1].sum() / total),
        "half_count": int(np.searchsorted(large.cumsum(), total / 2) + 1),
    }


@in_style
def draw_thresholds(
    counts: pd.DataFrame,
    section: Section,
    tables: dict[float, pd.DataFrame],
    scores: pd.DataFrame | None = None,
) -> Figure:
    """Draw numbers over the threshold, and cells of one section at three of them.

    Parameters
    ----------
    counts : of `compare_thresholds`
    section : of `read_section`
    tables : per threshold shown, ascending, supervoxel and cell
    scores : threshold, voi_split and voi_merge (bits), where the truth is known
    """
    height, width = (n * s for n, s in zip(section.ids.shape, section.pixel_nm))
    tall = WIDTH_IN / len(tables) * height / width + 0.25
    figure = Figure(figsize=(WIDTH_IN, 2.3 + tall), layout="constrained")
    upper, lower = figure.subfigures(2, 1, height_ratios=[2.3, tall])
    known = scores is not None
    panels = upper.subplots(1, 2 + known)
    draw_counts(panels[:2], counts)
    if known:
        draw_scores(panels[2], scores)
    mark_chosen(panels, counts)
    axes = lower.subplots(1, len(tables), squeeze=False)[0]
    for axis, (threshold, image) in zip(axes, paint_changes(section, tables).items()):
        extent = (0, width, height, 0)
        axis.imshow(image, extent=extent, interpolation="antialiased")
        axis.set(xticks=[], yticks=[], title=f"threshold {threshold:g}")
        axis.spines[:].set_visible(False)
        add_scale_bar(axis, height, width)
    return figure


def draw_counts(axes: Sequence[Axes], counts: pd.DataFrame) -> None:
    """Draw numbers of cells, and shares of the volume, over the threshold."""
    numbers, shares = axes
    at = counts["threshold"]
    numbers.plot(at, counts["cell_count"], color=BLUE, label="cells")
    label = "largest that hold half of the volume"
    numbers.plot(at, counts["half_count"], color=RED, label=label)
    numbers.set(yscale="log", ylabel="cells")
    label = "in cells that end inside"
    shares.plot(at, counts["inner_share"], color=BLUE, label=label)
    shares.plot(at, counts["largest_share"], color=RED, label="in the largest cell")
    shares.set(ylabel="volume", ylim=(0, None))
    shares.yaxis.set_major_formatter(PercentFormatter(1))


def draw_scores(axis: Axes, scores: pd.DataFrame) -> None:
    """Draw the variation of information against the truth over the threshold."""
    at, split, merge = (scores[c] for c in ("threshold", "voi_split", "voi_merge"))
    axis.plot(at, split, color=BLUE, label="by splits")
    axis.plot(at, merge, color=RED, label="by mergers")
    axis.plot(at, split + merge, color=BLACK, ls=(0, (1, 1)), label="both")
    top = 2 * (split + merge).min() + 1  # where all is one cell, it is many bits
    axis.set(ylabel="variation of information (bit)", ylim=(0, top))


def mark_chosen(axes: Sequence[Axes], counts: pd.DataFrame) -> None:
    """Mark the run's threshold, and name the axis of all."""
    chosen = counts.loc[counts["is_chosen"], "threshold"]
    for axis in axes:
        axis.axvline(chosen.iloc[0], color=GREY, lw=0.8, ls=(0, (4, 3)))
        axis.set_xlabel("threshold (dashed: this run's)")
        axis.legend()


def paint_changes(
    section: Section, tables: dict[float, pd.DataFrame]
) -> dict[float, np.ndarray]:
    """RGB image per threshold; what is the same cell at all of them is left pale."""
    ids, index = np.unique(section.ids, return_inverse=True)
    cells = {t: map_to_cells(ids, table) for t, table in tables.items()}
    changes = find_changes(list(tables.values()), ids)
    grey = np.full(section.ids.shape, 0.8) if section.raw is None else section.raw
    grey = grey if section.raw is None else stretch(grey)
    grey = np.repeat(grey[..., None], 3, axis=2)
    images = {}
    for threshold, values in cells.items():
        labels, changed = (a[index].reshape(grey.shape[:2]) for a in (values, changes))
        image = blend(grey, labels != 0, (1.0, 1.0, 1.0), 0.35)
        coloured = blend(grey, labels != 0, colour_ids(labels), 0.55)
        image = np.where(changed[..., None], coloured, image)
        images[threshold] = blend(image, find_borders(labels), (0.05,) * 3, 0.7)
    return images


def find_changes(tables: Sequence[pd.DataFrame], ids: np.ndarray) -> np.ndarray:
    """Tell (N,) whether a supervoxel's cell is another at one of the thresholds.

    Parameters
    ----------
    tables : supervoxel, cell, by ascending thresholds: the first one joins most
    ids : (N,) of supervoxels
    """
    first, last = tables[0], tables[-1]
    finer = map_to_cells(first["supervoxel"].to_numpy(), last)
    parts = pd.Series(finer).groupby(first["cell"].to_numpy()).nunique()
    coarse = map_to_cells(ids, first)
    return parts.reindex(coarse).fillna(1).to_numpy() > 1
