"""Crossings outside of sites, of all chunks: added up a range of supervoxels at a time.

They are the largest tables of contacts. Each chunk's is sorted by its first supervoxel,
so that ranges of these are read, added up and written one after the other, in the order
that the whole table has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from neuropil.contacts.sites import merge_strays
from neuropil.schemas.contacts import PAIR
from neuropil.storage import read_table
from neuropil.table_parts import read_between

ROWS = 2**21  # of chunks that are held at a time, about
SAMPLED = 64  # rows of a chunk that one stands for, when ranges are chosen


def add_up_strays(
    paths: Sequence[str | os.PathLike], rows: int = ROWS
) -> Iterator[pd.DataFrame]:
    """Yield the strays of all chunks, added up, in parts that follow each other.

    Put one below the other they are `sites.merge_strays` of all tables.

    Parameters
    ----------
    paths : tables of schema ``contact_strays``
    rows : of the tables to hold at a time; more, if one supervoxel has more
    """
    for low, high in find_ranges(paths, rows):
        parts = [read_between(path, PAIR[0], low, high) for path in paths]
        yield merge_strays(pd.concat(parts, ignore_index=True))


def find_ranges(
    paths: Sequence[str | os.PathLike], rows: int
) -> list[tuple[int, int | None]]:
    """Cut ids into ranges with about so many rows; the last one is open."""
    columns = (read_table(path, [PAIR[0]])[PAIR[0]].to_numpy() for path in paths)
    sampled = np.sort(np.concatenate([c[SAMPLED - 1 :: SAMPLED] for c in columns]))
    step = max(1, rows // SAMPLED)
    starts = [0, *np.unique(sampled[step - 1 :: step]).tolist()]
    return list(zip(starts, [*starts[1:], None]))
