"""Which cells the supervoxels of each chunk are of: the membership, cut up by chunk.

Steps that read voxels and work on cells take these small tables, and not the membership
of the whole dataset: a change of the agglomeration then concerns just the chunks whose
tables became different.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from neuropil.grid import Grid, Triple
from neuropil.schemas.membership import MEMBERSHIP
from neuropil.storage import read_table, write_table

STARTS = [f"start_{axis}_vx" for axis in "zyx"]


def cut_membership(
    parts: Mapping[str, pd.DataFrame],
    membership: pd.DataFrame,
    grid: Grid,
    reach: Triple = (1, 1, 1),
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield chunks and the membership of the supervoxels in them.

    A chunk's table also holds what lies in the voxels just above its high faces, which
    it reads together with its own, and leaves out supervoxels that are of no cell.

    Parameters
    ----------
    parts : per chunk, supervoxel and start_{z,y,x}_vx of those in it
    membership : supervoxel, cell
    grid : of the chunks
    reach : how many voxels above its high faces a chunk reads (z, y, x)

    Yields
    ------
    name of a chunk; table supervoxel, cell
    """
    cells = pd.Series(membership["cell"].to_numpy(), membership["supervoxel"])
    for chunk in grid.chunks:
        found = [parts[chunk]["supervoxel"]]
        for other in grid.neighbours(chunk):
            step = np.subtract(grid.index(other), grid.index(chunk))
            if (step >= 0).all():
                stop = np.add(grid.core(other).start, reach)
                found.append(find_low(parts[other], stop, step))
        ids = np.unique(pd.concat(found).to_numpy(np.uint64))
        cell = cells.to_numpy()[cells.index.get_indexer(ids)]
        table = pd.DataFrame({"supervoxel": ids, "cell": cell})
        yield chunk, table[cell != 0]


def find_low(rows: pd.DataFrame, stop: Triple, step: np.ndarray) -> pd.Series:
    """Find supervoxels that begin below a place, along the axes of a step."""
    axes = np.flatnonzero(step)
    places = rows[[STARTS[axis] for axis in axes]]
    return rows.loc[(places < [stop[a] for a in axes]).all(axis=1), "supervoxel"]


def write_lookups(
    paths: Sequence[str],
    supervoxels: Iterable[str],
    membership: str,
    grid: Grid,
    reach: Triple = (1, 1, 1),
) -> None:
    """Write the membership of each chunk.

    Parameters
    ----------
    paths : tables to write, in the order of the grid's chunks
    supervoxels : tables of schema ``partial_supervoxels``, in the same order
    membership : table of schema ``membership``
    grid : of the chunks
    reach : how many voxels above its high faces a chunk reads (z, y, x)
    """
    names = ["supervoxel", *STARTS]
    parts = {c: read_table(path, names) for c, path in zip(grid.chunks, supervoxels)}
    tables = dict(cut_membership(parts, read_table(membership), grid, reach))
    for path, chunk in zip(paths, grid.chunks):
        write_table(path, tables[chunk], MEMBERSHIP)
    rows = sum(map(len, tables.values()))
    logging.info("%d supervoxels in the tables of %d chunks", rows, len(tables))
