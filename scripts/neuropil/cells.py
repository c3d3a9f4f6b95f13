"""Cells: which supervoxels make one cell, and what a cell amounts to.

The agglomeration is applied by a table alone, so that another agglomeration of the
same supervoxels touches no step that reads voxels.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from neuropil.errors import InputError
from neuropil.grid import Box
from neuropil.stitching import union_find
from neuropil.storage import read_table

LARGEST_ID = 2**64 - 1


def join_supervoxels(edges: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Join supervoxels along the edges whose score reaches a threshold.

    Parameters
    ----------
    edges : supervoxel_a, supervoxel_b (uint64), score
    threshold : least score of an edge that joins

    Returns
    -------
    Table supervoxel, cell (uint64): the supervoxels that edges join, and as cell the
    smallest supervoxel id of each cell (paper, SuperSegmentationObject generation)
    """
    kept = edges.loc[edges["score"] >= threshold, ["supervoxel_a", "supervoxel_b"]]
    ends = kept.to_numpy(np.uint64)
    names, index = np.unique(ends, return_inverse=True)
    roots = union_find(len(names), index.reshape(ends.shape))
    return pd.DataFrame({"supervoxel": names, "cell": names[roots]})


def merge_cells(supervoxels: np.ndarray, named: pd.DataFrame) -> pd.DataFrame:
    """Give every supervoxel of the dataset its cell.

    A supervoxel that the agglomeration does not name is a cell of its own, under its
    own id; where another cell has that id already, it gets the next free id above all
    ids in use.

    Parameters
    ----------
    supervoxels : (N,) uint64, distinct ids of the dataset's supervoxels
    named : supervoxel, cell: the agglomeration, each supervoxel at most once

    Returns
    -------
    Table supervoxel, cell (uint64), one row per supervoxel of the dataset. Cell 0 is
    none: the agglomeration excludes the supervoxel.
    """
    supervoxels = np.sort(np.asarray(supervoxels, np.uint64))
    names, cells = (named[c].to_numpy(np.uint64) for c in ("supervoxel", "cell"))
    order = np.argsort(names, kind="stable")
    names, cells = names[order], cells[order]
    known = np.isin(supervoxels, names)
    out = supervoxels.copy()
    out[known] = cells[np.searchsorted(names, supervoxels[known])]
    taken = ~known & np.isin(supervoxels, cells)
    out[taken] = next_free_ids(int(taken.sum()), names, cells, supervoxels)
    logging.info(
        "%d supervoxels in %d cells; %d not in the agglomeration, %d of them renamed",
        *(len(out), len(np.unique(out)), (~known).sum(), taken.sum()),
    )
    return pd.DataFrame({"supervoxel": supervoxels, "cell": out})


def next_free_ids(count: int, *used: np.ndarray) -> np.ndarray:
    """Ids (count,) uint64 that follow the largest id in use.

    Raises
    ------
    InputError
        If the ids in use leave no room below 2**64.
    """
    largest = max((int(ids.max()) for ids in used if len(ids)), default=0)
    if largest + count > LARGEST_ID:
        raise InputError(
            f"{count} supervoxels that the agglomeration does not name have the id of "
            f"a cell, and no ids are left above {largest}. Name them in the "
            "agglomeration."
        )
    return np.uint64(largest) + np.arange(1, count + 1, dtype=np.uint64)


def map_to_cells(supervoxels: np.ndarray, membership: pd.DataFrame) -> np.ndarray:
    """Cell (uint64) of each supervoxel, 0 where the table does not name it.

    >>> table = pd.DataFrame({"supervoxel": [3, 2**63], "cell": [3, 3]}, dtype="u8")
    >>> map_to_cells(np.array([2**63, 5], "u8"), table).tolist()
    [3, 0]
    """
    columns = (membership[name].to_numpy(np.uint64) for name in ("supervoxel", "cell"))
    return look_up(*columns, np.asarray(supervoxels, np.uint64))


def look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Value of each wanted key; 0 for keys that are not there.

    Parameters
    ----------
    keys : (N,) distinct integers, in any order
    values : (N,)
    wanted : (M,) integers

    Returns
    -------
    (M,) array of the dtype of ``values``
    """
    keys, values, wanted = map(np.asarray, (keys, values, wanted))
    out = np.zeros(len(wanted), values.dtype)
    if len(keys) == 0:
        return out
    if (keys[1:] < keys[:-1]).any():  # else no copy of what may be large
        order = np.argsort(keys, kind="stable")
        keys, values = keys[order], values[order]
    at = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    known = keys[at] == wanted
    out[known] = values[at[known]]
    return out


def measure_cells(
    supervoxels: pd.DataFrame,
    membership: pd.DataFrame,
    box: Box,
    voxel_size_nm: Sequence[float],
) -> pd.DataFrame:
    """Add up the supervoxels of each cell.

    Parameters
    ----------
    supervoxels : supervoxel, voxel_count, start_*_vx, stop_*_vx, *_vx (a voxel inside)
    membership : supervoxel, cell
    box : the dataset's box
    voxel_size_nm : (z, y, x)

    Returns
    -------
    One row per cell: cell, supervoxel_count, voxel_count, volume_um3, bounding box,
    the representative voxel of its largest supervoxel (of several, the smallest id's),
    and whether it touches the border of the box
    """
    table = supervoxels.assign(cell=map_to_cells(supervoxels["supervoxel"], membership))
    table = table[table["cell"] != 0].sort_values(
        ["cell", "voxel_count", "supervoxel"], ascending=[True, False, True]
    )
    starts = {f"start_{a}_vx": (f"start_{a}_vx", "min") for a in "zyx"}
    stops = {f"stop_{a}_vx": (f"stop_{a}_vx", "max") for a in "zyx"}
    cells = table.groupby("cell", as_index=False).agg(
        supervoxel_count=("supervoxel", "size"),
        voxel_count=("voxel_count", "sum"),
        **starts,
        **stops,
        **{f"{a}_vx": (f"{a}_vx", "first") for a in "zyx"},
    )
    cells["volume_um3"] = cells["voxel_count"] * (np.prod(voxel_size_nm) * 1e-9)
    low = cells[list(starts)].to_numpy() <= np.array(box.start)
    high = cells[list(stops)].to_numpy() >= np.array(box.stop)
    cells["touches_border"] = (low | high).any(axis=1)
    for axis, size in zip("zyx", voxel_size_nm):
        cells[f"{axis}_nm"] = (cells[f"{axis}_vx"] + 0.5) * size
    return cells


def add_products(
    cells: pd.DataFrame,
    organelles: Mapping[str, pd.DataFrame],
    pairs: pd.DataFrame,
    edges: pd.DataFrame,
) -> pd.DataFrame:
    """Add what the later stages found: see the three functions below."""
    return add_synapses(add_contacts(add_organelles(cells, organelles), pairs), edges)


def add_organelles(
    cells: pd.DataFrame, organelles: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Add count and volume of each organelle's objects that are mapped to a cell.

    Parameters
    ----------
    cells : cell, ...
    organelles : per organelle its table: object, cell, volume_um3, ...
    """
    out = cells
    for name, objects in organelles.items():
        sums = objects.groupby("cell")["volume_um3"].agg(["size", "sum"])
        sums = sums.reindex(out["cell"], fill_value=0).to_numpy()
        out = out.assign(
            **{
                f"{name}_count": sums[:, 0].astype(np.int64),
                f"{name}_volume_um3": sums[:, 1],
            }
        )
    return out


def add_contacts(cells: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Add contact_area_um2 and contact_partner_count.

    Parameters
    ----------
    cells : cell, ...
    pairs : cell_a, cell_b, area_um2: the contacts of each pair, summed
    """
    ends = [
        pairs.rename(columns={side: "cell"})[["cell", "area_um2"]]
        for side in ("cell_a", "cell_b")
    ]
    sums = pd.concat(ends).groupby("cell")["area_um2"].agg(["size", "sum"])
    sums = sums.reindex(cells["cell"], fill_value=0).to_numpy()
    return cells.assign(
        contact_partner_count=sums[:, 0].astype(np.int64), contact_area_um2=sums[:, 1]
    )


def read_edges(paths: Sequence[str]) -> pd.DataFrame:
    """Read the edges of the connectome; no rows if there is no map of junctions."""
    columns = {"pre": "u8", "post": "u8", "synapse_count": "i8", "area_um2": "f8"}
    none = pd.DataFrame({name: pd.Series(dtype=d) for name, d in columns.items()})
    return pd.concat([none, *(read_table(path, [*columns]) for path in paths)])


def add_synapses(cells: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Add the number of synapses that a cell receives and makes, and their area.

    Parameters
    ----------
    cells : cell, ...
    edges : pre, post, synapse_count, area_um2
    """
    out = cells
    for side, word in (("post", "in"), ("pre", "out")):
        sums = edges.groupby(side)[["synapse_count", "area_um2"]].sum()
        sums = sums.reindex(out["cell"], fill_value=0)
        out = out.assign(
            **{
                f"synapses_{word}": sums["synapse_count"].to_numpy(np.int64),
                f"synapse_area_{word}_um2": sums["area_um2"].to_numpy(),
            }
        )
    return out
