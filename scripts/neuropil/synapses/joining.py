"""Decide which fragments of synapses belong together, by the distance of their voxels.

Fragments are pieces of a junction in the contact of two supervoxels, cut wherever the
blocks and chunks of the volume end. Which of them belong together depends only on
voxels and their distances in nm, so the result does not depend on how they were cut:
touching pieces of one supervoxel pair are always within reach.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.kernels.nearness import come_near
from neuropil.stitching import Sets

CELLS = ["cell_a", "cell_b"]
SUPERVOXELS = ["supervoxel_a", "supervoxel_b"]
START = [f"start_{a}_vx" for a in "zyx"]
STOP = [f"stop_{a}_vx" for a in "zyx"]
ROUNDING = 1 + 1e-9  # a distance of exactly the reach joins, whatever its last bit
CHUNKS_HELD = 32  # chunks whose voxels are kept in memory: a chunk and its neighbours


class Joining(NamedTuple):
    """How near fragments of one pair of cells must be to make one synapse, in nm.

    ``same_pair_nm`` for fragments between the same two supervoxels, ``across_nm`` for
    fragments between different ones; from a voxel to the nearest of the other fragment.
    """

    same_pair_nm: float
    across_nm: float

    @classmethod
    def of(
        cls, settings: Mapping[str, float], voxel_size_nm: Sequence[float]
    ) -> Joining:
        """Take both from the config; touching voxels of one pair always join."""
        touching = math.hypot(*voxel_size_nm)
        return cls(max(settings["same_pair_nm"], touching), settings["across_nm"])


class Voxels(NamedTuple):
    """Voxels of a chunk's fragments: fragment (N,), sorted, and zyx (N, 3) int32."""

    fragment: np.ndarray
    zyx: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame) -> Voxels:
        """Take the voxels from a table fragment, z_vx, y_vx, x_vx."""
        zyx = table[["z_vx", "y_vx", "x_vx"]].to_numpy(np.int32)
        return cls(table["fragment"].to_numpy(), zyx)

    def keep(self, fragments: np.ndarray) -> Voxels:
        """Keep the voxels of some fragments."""
        kept = np.isin(self.fragment, fragments)
        return Voxels(self.fragment[kept], self.zyx[kept])

    def split(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield each fragment and the coordinates (N, 3) of its voxels."""
        names, first = np.unique(self.fragment, return_index=True)
        yield from zip(names.tolist(), np.split(self.zyx, first[1:]))


def gather_voxels(parts: Iterable[Voxels]) -> dict[int, np.ndarray]:
    """Give each fragment the coordinates (N, 3) of its voxels in parts."""
    found = {}
    for part in parts:
        for name, zyx in part.split():
            cut = name in found  # where a part ends
            found[name] = np.concatenate([found[name], zyx]) if cut else zyx
    return found


ReadVoxels = Callable[[int], Iterable[Voxels]]


def join_fragments(
    fragments: pd.DataFrame,
    read_voxels: ReadVoxels,
    voxel_size_nm: Sequence[float],
    joining: Joining,
) -> np.ndarray:
    """Find the synapse of each fragment.

    Two fragments of one pair of cells are joined if the nearest two of their voxels
    are within reach (`Joining`); joining is transitive (paper, Synapse-cell
    association). Only the voxels of those whose bounding boxes are near are held: of
    one chunk, then those at the borders of chunks.

    Parameters
    ----------
    fragments : cell_a, cell_b, supervoxel_a, supervoxel_b, chunk, fragment, start_*_vx,
        stop_*_vx; a fragment is named by the number of its chunk and its own
    read_voxels : called with the number of a chunk, gives its voxels in parts
    voxel_size_nm : (z, y, x)

    Returns
    -------
    (N,) int64: row number of the first fragment that belongs to the same synapse
    """
    size = np.asarray(voxel_size_nm, float)
    pairs, reaches = find_near_boxes(fragments, size, joining)
    chunks = fragments["chunk"].to_numpy(np.int64)[pairs]
    within = chunks[:, 0] == chunks[:, 1]
    sets = Sets(len(fragments))
    for some, held in ((within, 1), (~within, CHUNKS_HELD)):
        voxels = NearVoxels(read_voxels, fragments, pairs[some], held)
        joined = voxels.find_touching(reaches[some] * ROUNDING, size)
        sets.join(pairs[some][joined])
    return sets.roots()


class NearVoxels:
    """Voxels of those fragments that are to be compared, of some chunks at a time.

    Parameters
    ----------
    read_voxels : called with the number of a chunk, gives its voxels in parts
    fragments : chunk, fragment
    pairs : (N, 2) rows of the table that are to be compared
    held : chunks whose voxels are kept in memory
    """

    def __init__(
        self,
        read_voxels: ReadVoxels,
        fragments: pd.DataFrame,
        pairs: np.ndarray,
        held: int,
    ) -> None:
        self.names = fragments[["chunk", "fragment"]].to_numpy(np.int64)
        self.pairs = pairs
        wanted = fragments.iloc[np.unique(pairs)].groupby("chunk")["fragment"].agg(list)

        @functools.lru_cache(maxsize=held)
        def load(chunk: int) -> dict[int, np.ndarray]:
            kept = (part.keep(wanted[chunk]) for part in read_voxels(chunk))
            return gather_voxels(kept)

        self.load = load

    def find_touching(self, reaches: np.ndarray, size: np.ndarray) -> np.ndarray:
        """Whether (N,) the nearest voxels of each pair are within its reach, in nm."""
        chunks, found = self.names[:, 0][self.pairs], np.zeros(len(self.pairs), bool)
        order = (self.pairs[:, 1], self.pairs[:, 0], chunks[:, 1], chunks[:, 0])
        for row in np.lexsort(order):
            names = self.names[self.pairs[row]].tolist()
            voxels = [self.load(chunk)[name] for chunk, name in names]
            found[row] = come_near(*voxels, size, reaches[row])
        return found


def find_near_boxes(
    fragments: pd.DataFrame, size: np.ndarray, joining: Joining
) -> tuple[np.ndarray, np.ndarray]:
    """Find fragments of one pair of cells whose bounding boxes are within reach.

    Returns
    -------
    pairs : (N, 2) int64, row numbers, the smaller first
    reaches : (N,) their reach in nm
    """
    start, stop = (
        fragments[START].to_numpy(np.int64),
        fragments[STOP].to_numpy(np.int64),
    )
    supervoxels = fragments[SUPERVOXELS].to_numpy()
    found, reaches = [np.empty((0, 2), np.int64)], [np.empty(0)]
    for pair in sweep(fragments, max(joining) * ROUNDING / size[0]):
        i, j = pair.T
        gap = np.maximum(np.maximum(start[j] - stop[i], start[i] - stop[j]) + 1, 0)
        same = (supervoxels[i] == supervoxels[j]).all(axis=1)
        reach = np.where(same, joining.same_pair_nm, joining.across_nm)
        near = np.linalg.norm(gap * size, axis=1) <= reach * ROUNDING
        found.append(np.sort(pair[near], axis=1))
        reaches.append(reach[near])
    return np.concatenate(found), np.concatenate(reaches)


def sweep(fragments: pd.DataFrame, reach_vx: float) -> Iterator[np.ndarray]:
    """Yield pairs (N, 2) of rows of the same two cells that are within reach along z.

    Rows are sorted by cells and first plane; the n-th array holds the pairs that lie n
    rows apart. The work grows with the number of pairs.
    """
    order = np.lexsort([fragments[c] for c in (START[0], *reversed(CELLS))])
    cells = fragments[CELLS].to_numpy()[order]
    first = fragments[START[0]].to_numpy(np.int64)[order]
    last = fragments[STOP[0]].to_numpy(np.int64)[order] - 1
    here = np.arange(len(order))
    for step in range(1, len(order)):
        here = here[here + step < len(order)]
        there = here + step
        near = (cells[here] == cells[there]).all(axis=1)
        near &= first[there] - last[here] <= reach_vx
        here = here[near]
        if not len(here):
            return
        yield np.stack([order[here], order[here + step]], axis=1)
