"""The phantom's truth: counts of voxels per chunk, then tables with units.

The area of a contact is that of the membranes with which two cells face each other,
the mean of both sides: membrane belongs to the cell that is nearest to it, up to
`FACING_NM` away. It is measured on all voxels with normals of the smoothed cells, so
that it does not rest on the pipeline's own way (lines in a few directions).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pandas as pd

from neuropil.grid import Box, Triple
from neuropil.kernels.phantom_truth import count_indices, list_membranes
from neuropil.phantom.field import FieldSource, unwarp
from neuropil.phantom.fields import Fields, crop
from neuropil.phantom.tissue import Tissue

KEYS = ["item", "first", "second"]
COUNTED = ["voxel_count", "sum_z_vx", "sum_y_vx", "sum_x_vx"]
SUMS = [*COUNTED, "area_nm2"]
POSITION = ["z_nm", "y_nm", "x_nm"]
ITEMS = {
    "cell": "cell",
    "sj": "synapse",
    "mi": "mito",
    "vc": "vesicles",
    "compartment": "compartment",
    "myelin": "myelin",
}
COARSE_NM = 25.0
FACING_NM = 60.0
SMOOTH_NM = 15.0  # SD of the filter that gives normals: just over half a section


def truth_halo(size_nm: np.ndarray) -> Triple:
    """Voxels around a box that its truth depends on."""
    far = max(FACING_NM, 3 * SMOOTH_NM)
    return tuple(max(1, int(far // n)) for n in size_nm)


def count_truth(fields: Fields, box: Box, size_nm: np.ndarray) -> pd.DataFrame:
    """Count the voxels of everything in a box, and measure membranes between cells.

    Parameters
    ----------
    fields : fields of the box and `truth_halo` around it
    box : the voxels to count
    size_nm : voxel size (z, y, x)

    Returns
    -------
    One row per item ("cell", "contact", "sj", "mi", "vc", "compartment", "myelin",
    "volume") and index (of a contact: both cells, first < second): voxel_count, sums of
    the voxels' coordinates, and area_nm2 of contacts and synapses, both sides together.
    All are integers: the tables of all chunks add up to that of the volume
    (`merge_counts`).
    """
    own = crop(fields, box.within(box.grow(truth_halo(size_nm))))
    parts = [count_items(item, getattr(own, name), box) for item, name in ITEMS.items()]
    parts.append(count_items("volume", np.ones(box.shape, np.uint8), box))
    return merge_counts([*parts, *measure_membranes(fields, box, size_nm)])


def count_items(item: str, index: np.ndarray, box: Box) -> pd.DataFrame:
    """Count the voxels of each index above 0, and sum their coordinates."""
    out = np.zeros((int(index.max(initial=0)) + 1, len(COUNTED)), np.int64)
    count_indices(index, np.array(box.start, np.int64), out)
    found = np.flatnonzero(out[:, 0])
    table = pd.DataFrame(out[found], columns=COUNTED)
    first = found.astype(np.uint64)
    return table.assign(item=item, first=first, second=np.uint64(0), area_nm2=0)


def measure_membranes(
    fields: Fields, box: Box, size_nm: np.ndarray
) -> list[pd.DataFrame]:
    """Add up the membranes of each pair of cells, and of each synapse.

    ``fields`` cover the box and `truth_halo` around it.
    """
    size = np.asarray(size_nm, float)
    steps, length = list_steps(3 * SMOOTH_NM, size)
    weights = np.exp(-((length / SMOOTH_NM) ** 2) / 2)[:, None] * steps * size
    given = fields.cell, fields.synapse, np.array(truth_halo(size_nm)), size
    room = box.size // 4 + 1000
    while True:
        pairs, areas = np.empty((room, 2), np.uint32), np.empty(room, np.int64)
        found = pairs, areas, np.empty(room, np.uint32)
        count = list_membranes(
            *given, (steps, weights), list_steps(FACING_NM, size), found
        )
        if count <= room:
            break
        room = count
    table = pd.DataFrame(pairs[:count].astype(np.uint64), columns=KEYS[1:])
    table = table.assign(item="contact", area_nm2=areas[:count])
    zones = found[2][:count].astype(np.uint64)
    active = table[zones > 0].assign(item="sj", second=np.uint64(0))
    active["first"] = zones[zones > 0]
    blank = dict.fromkeys(COUNTED, 0)
    parts = (t.groupby(KEYS, as_index=False)["area_nm2"].sum() for t in (table, active))
    return [part.assign(**blank) for part in parts]


def list_steps(reach_nm: float, size_nm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """List the steps (N, 3) to voxels within reach, and their lengths, rising.

    Neighbours are always listed, however far they are.
    """
    far = [max(1, int(reach_nm // n)) for n in size_nm]
    steps = np.array(list(itertools.product(*(range(-n, n + 1) for n in far))))
    length = np.linalg.norm(steps * size_nm, axis=1)
    near = (length <= reach_nm) | (np.abs(steps).sum(axis=1) == 1)
    steps, length = steps[near & (length > 0)], length[near & (length > 0)]
    order = np.argsort(np.round(length, 6), kind="stable")
    return steps[order], np.round(length[order], 6)


def merge_counts(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up tables of `count_truth`; their order does not matter."""
    table = pd.concat(list(parts), ignore_index=True)
    return table.groupby(KEYS, as_index=False)[SUMS].sum()


def counts_of(counts: pd.DataFrame, item: str) -> pd.DataFrame:
    """Rows of one item."""
    return counts[counts["item"] == item].reset_index(drop=True)


def measure_places(rows: pd.DataFrame, tissue: Tissue) -> pd.DataFrame:
    """Mean places of the voxels of rows of counts, in nm."""
    mean = rows[COUNTED[1:]].to_numpy(float) / rows[["voxel_count"]].to_numpy(float)
    return pd.DataFrame((mean + 0.5) * tissue.voxel_size_nm, columns=POSITION)


def measure_cells(counts: pd.DataFrame, tissue: Tissue) -> pd.DataFrame:
    """Table of the cells that have voxels: the tissue's columns and voxel_count."""
    rows = counts_of(counts, "cell")
    cells = tissue.cells.iloc[rows["first"].to_numpy(int) - 1].reset_index(drop=True)
    return cells.assign(voxel_count=rows["voxel_count"])


def measure_skeletons(counts: pd.DataFrame, tissue: Tissue) -> pd.DataFrame:
    """Skeletons of the cells that have voxels, in places of the volume.

    Nodes outside of the volume are kept: they say where a neurite comes from.
    """
    table = tissue.nodes.reset_index(names="node")
    table[POSITION] = unwarp(tissue, table[POSITION].to_numpy())
    seen = counts_of(counts, "cell")["first"].to_numpy(int)
    table = table[table["cell_index"].isin(seen)]
    table = table.assign(cell=cell_ids(tissue, table["cell_index"]))
    widths = ["radius_nm", "sheath_nm", "compartment"]
    return table[["cell", "node", "parent", *POSITION, *widths]]


def measure_synapses(counts: pd.DataFrame, tissue: Tissue) -> pd.DataFrame:
    """Table of the synapses that have voxels; their ids are their index."""
    rows = counts_of(counts, "sj")
    made = tissue.synapses.iloc[rows["first"].to_numpy(int) - 1].reset_index(drop=True)
    table = measure_places(rows, tissue)
    table["synapse"] = rows["first"]
    table["pre"] = cell_ids(tissue, made["pre_index"])
    table["post"] = cell_ids(tissue, made["post_index"])
    table["area_um2"] = rows["area_nm2"] / 2e6
    return table.assign(
        sign=made["sign"], onto=made["onto"], voxel_count=rows["voxel_count"]
    )


def measure_organelles(counts: pd.DataFrame, tissue: Tissue) -> pd.DataFrame:
    """Table of mitochondria and vesicle clouds that have voxels."""
    owner = tissue.organelles.drop_duplicates(["organelle", "object"])
    owner = owner.set_index(["organelle", "object"])["cell_index"]
    parts = []
    for organelle in ("mi", "vc"):
        rows = counts_of(counts, organelle)
        table = measure_places(rows, tissue)
        index = [(organelle, k) for k in rows["first"].astype(int)]
        table["cell"] = cell_ids(tissue, owner.loc[index]) if index else []
        table["object"] = rows["first"]
        table["voxel_count"] = rows["voxel_count"]
        parts.append(table.assign(organelle=organelle))
    return pd.concat(parts, ignore_index=True)


def measure_contacts(counts: pd.DataFrame, tissue: Tissue) -> pd.DataFrame:
    """Table of the pairs of cells that touch: cell_a < cell_b, area_um2."""
    rows = counts_of(counts, "contact")
    seen = counts_of(counts, "cell")["first"]
    rows = rows[rows["first"].isin(seen) & rows["second"].isin(seen)]
    ends = [cell_ids(tissue, rows[name]) for name in ("first", "second")]
    table = pd.DataFrame({"cell_a": np.minimum(*ends), "cell_b": np.maximum(*ends)})
    return table.assign(area_um2=rows["area_nm2"].to_numpy() / 2e6)


def measure_edges(synapses: pd.DataFrame) -> pd.DataFrame:
    """Sum up synapses per directed pair: pre, post, count, area_um2, sign."""
    return synapses.groupby(["pre", "post"], as_index=False).agg(
        count=("synapse", "size"), area_um2=("area_um2", "sum"), sign=("sign", "first")
    )


def cell_ids(tissue: Tissue, index) -> np.ndarray:
    """Ids (uint64) of cells given by index."""
    return tissue.cells["cell"].to_numpy()[np.asarray(index, int) - 1]


def estimate_areas(tissue: Tissue) -> np.ndarray:
    """Area in um2 of each planned synapse inside the volume, on a coarse lattice."""
    size = np.full(3, COARSE_NM)
    shape = np.array(tissue.shape_vx) * tissue.voxel_size_nm
    whole = Box((0, 0, 0), tuple((shape // COARSE_NM).astype(int).tolist()))
    halo = truth_halo(size)
    source = FieldSource(tissue, whole.grow(halo), size)
    places = unwarp(tissue, tissue.synapses[POSITION].to_numpy(float))
    reach = tissue.synapses["radius_nm"].to_numpy() * 1.12 + 40
    area = np.zeros(len(places))
    for n, (place, far) in enumerate(zip(places, reach)):
        low = np.floor((place - far) / COARSE_NM).astype(int)
        high = np.ceil((place + far) / COARSE_NM).astype(int)
        box = Box(tuple(low.tolist()), tuple(high.tolist())).intersect(whole)
        if box.size:
            fields = source.compute(box.grow(halo))
            found = counts_of(pd.concat(measure_membranes(fields, box, size)), "sj")
            area[n] = found["area_nm2"][found["first"] == n + 1].sum() / 2e6
    return area


def measure_truth(counts: pd.DataFrame, tissue: Tissue) -> dict[str, pd.DataFrame]:
    """All truth tables but that of supervoxels, by name, from the volume's counts."""
    synapses = measure_synapses(counts, tissue)
    return {
        "cells": measure_cells(counts, tissue),
        "skeletons": measure_skeletons(counts, tissue),
        "synapses": synapses,
        "organelles": measure_organelles(counts, tissue),
        "contacts": measure_contacts(counts, tissue),
        "edges": measure_edges(synapses),
    }
