"""The two cells that sites and crossings of supervoxels lie between, with areas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuropil.errors import InputError
from neuropil.schemas.contacts import BEHIND, CELLS, CROSSINGS, PAIR
from neuropil.surface import DIRECTIONS, crofton_area

NONE = np.uint64(2**64 - 1)  # number of a pair that is one cell
HALF = np.uint64(32)


class CellPairs:
    """Finds the cells of pairs of supervoxels.

    Parameters
    ----------
    membership : supervoxel, cell
    voxel_size_nm : (z, y, x)
    """

    def __init__(
        self, membership: pd.DataFrame, voxel_size_nm: Sequence[float]
    ) -> None:
        self.size = voxel_size_nm
        self.supervoxels = pd.Index(membership["supervoxel"])
        self.cell = membership["cell"].to_numpy(np.uint64)
        rank = np.searchsorted(np.unique(self.cell), self.cell)
        self.rank = rank.astype(np.uint64)

    def find(self, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Rows (N,) of the membership of both supervoxels of each row.

        Raises
        ------
        InputError
            If a supervoxel has no cell.
        """
        return tuple(self._find_rows(table[name].to_numpy()) for name in PAIR)

    def _find_rows(self, supervoxels: np.ndarray) -> np.ndarray:
        row = self.supervoxels.get_indexer(supervoxels)
        if (row < 0).any():
            missing = np.unique(supervoxels[row < 0])
            raise InputError(
                f"{len(missing)} supervoxels have contacts but no cell, such as "
                f"{missing[0]}. Run snakemake again to make cells/membership.parquet "
                "anew."
            )
        return row

    def number(self, table: pd.DataFrame) -> np.ndarray:
        """Give each pair of cells a number (N,) uint64, rising as (smaller, larger) id.

        `NONE` if both are the same.
        """
        a, b = (self.rank[row] for row in self.find(table))
        number = (np.minimum(a, b) << HALF) | np.maximum(a, b)
        return np.where(a == b, NONE, number)

    def add_to(self, table: pd.DataFrame) -> pd.DataFrame:
        """Give pairs of supervoxels their cells and areas; drop those of one cell.

        Column ``pair`` is the number of the two cells.
        """
        a, b = (self.cell[row] for row in self.find(table))
        area = np.zeros(len(table))
        for side in range(2):
            columns = list(CROSSINGS[side * len(DIRECTIONS) :][: len(DIRECTIONS)])
            area += crofton_area(table[columns].to_numpy(), self.size) / 2
        ends = {CELLS[0]: np.minimum(a, b), CELLS[1]: np.maximum(a, b)}
        table = table.assign(**ends, area_um2=area, pair=self.number(table))
        return table[a != b].reset_index(drop=True)

    def look_behind(self, strays: pd.DataFrame) -> pd.DataFrame:
        """Give strays between pieces of one cell to the cell behind the gap.

        Returns a table as of `add_to`.
        """
        open_ended = strays[(strays[BEHIND] != 0).to_numpy()]
        table = open_ended[self.number(open_ended) == NONE]
        return self.add_to(table.assign(**{PAIR[1]: table[BEHIND]}))
