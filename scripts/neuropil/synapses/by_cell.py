"""Points of synapses and of organelles, brought together by ranges of their cells.

What lies near a synapse is looked for among the points of its cells, so that one range
of cells after the other is held, and not the dataset.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.cells import look_up, map_to_cells
from neuropil.partitions import (
    SAMPLED,
    Partitions,
    rows_of_range,
    sampled_starts,
)
from neuropil.storage import read_table
from neuropil.table_parts import read_parts

POSITION = ["z_nm", "y_nm", "x_nm"]
OF_POINTS = ["synapse", *POSITION]
OF_ORGANELLES = ["object", *POSITION, "voxel_count"]
SIDES = ("cell_a", "cell_b")
Parts = Callable[[Sequence[str]], Iterable[pd.DataFrame]]


class Scene(NamedTuple):
    """What lies where; called with names of columns, a table gives these in parts.

    Attributes
    ----------
    points : synapse, z_nm, y_nm, x_nm
    organelles : per organelle its points: object, supervoxel, z_nm, y_nm, x_nm,
        voxel_count
    membership : supervoxel, cell; held as a whole
    """

    points: Parts
    organelles: Mapping[str, Parts]
    membership: pd.DataFrame

    @classmethod
    def of(cls, paths, names: Sequence[str]) -> Scene:
        """Read from files; ``paths`` has an attribute for each table."""
        organelles = dict(zip(names, map(of_file, paths.organelles)))
        return cls(of_file(paths.points), organelles, read_table(paths.membership))


def of_file(path: str | os.PathLike) -> Parts:
    """Read a file in parts."""
    return lambda columns: read_parts(path, columns=columns)


class Owned(NamedTuple):
    """Points in parts, the cell of each, and the columns that are kept of them."""

    parts: Parts
    key: str
    cell_of: Callable[[np.ndarray], np.ndarray]
    columns: list[str]

    def cells(self) -> Iterator[np.ndarray]:
        """Yield the cells of some of the points, one of so many as SAMPLED says."""
        for part in self.parts([self.key]):
            yield self.cell_of(part[self.key].to_numpy())[SAMPLED - 1 :: SAMPLED]

    def sort(self, into: Partitions, wanted: np.ndarray) -> Partitions:
        """Put the points of wanted cells by, sorted by ranges of these."""
        for part in self.parts([*dict.fromkeys([self.key, *self.columns])]):
            cell = self.cell_of(part[self.key].to_numpy())
            kept = np.isin(cell, wanted)
            table = part.assign(cell=cell)[[*self.columns, "cell"]]
            into.add(table[kept].reset_index(drop=True), cell[kept])
        return into


def sort_by_cells(
    candidates: pd.DataFrame, scene: Scene, folder: str | os.PathLike, rows: int
) -> Iterator[tuple[pd.DataFrame, ...]]:
    """Yield what lies in each range of cells, in the order of the tables.

    Parameters
    ----------
    candidates : synapse, cell_a, cell_b
    folder : for files of more rows than are held; they are gone when all is read
    rows : of a range, about; more, if one cell has more

    Yields
    ------
    Points of the synapses whose cell a is in the range, of those whose cell b is, and
    of each organelle: `OF_POINTS`, or `OF_ORGANELLES`, and cell
    """
    owned = list_owned(candidates, scene)
    sample = np.concatenate([cells for one in owned for cells in one.cells()])
    rows = rows_of_range(SAMPLED * len(sample), rows)
    starts = sampled_starts(sample, rows)
    wanted = np.unique(candidates[[*SIDES]].to_numpy(np.uint64))
    first, *others = (
        one.sort(Partitions(Path(folder, str(i)), starts, rows), wanted)
        for i, one in enumerate(owned)
    )
    return first.beside(*others)


def list_owned(candidates: pd.DataFrame, scene: Scene) -> list[Owned]:
    """List the points of synapses, once for each side, and of each organelle."""
    synapse = candidates["synapse"].to_numpy()
    owned = [
        Owned(
            scene.points,
            "synapse",
            partial(look_up, synapse, candidates[side].to_numpy(np.uint64)),
            OF_POINTS,
        )
        for side in SIDES
    ]
    in_cells = partial(map_to_cells, membership=scene.membership)
    for parts in scene.organelles.values():
        owned.append(Owned(parts, "supervoxel", in_cells, OF_ORGANELLES))
    return owned
