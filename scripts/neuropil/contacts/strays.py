"""Crossings outside of sites, of all chunks: added up a range of supervoxels at a time.

They are the largest tables of contacts. Their ranges are added up and written one after
the other, in the order that the whole table has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pandas as pd

from neuropil.contacts.sites import merge_strays
from neuropil.partitions import ROWS, Partitions, starts_in_files
from neuropil.schemas.contacts import PAIR
from neuropil.table_parts import read_parts


def add_up_strays(
    paths: Sequence[str | os.PathLike], folder: str | os.PathLike, rows: int = ROWS
) -> Iterator[pd.DataFrame]:
    """Yield the strays of all chunks, added up, in parts that follow each other.

    Put one below the other they are `sites.merge_strays` of all tables.

    Parameters
    ----------
    paths : tables of schema ``contact_strays``
    folder : for files of more rows than are held; they are gone when all is read
    rows : of the tables to hold at a time; more, if one supervoxel has more
    """
    strays = Partitions(folder, starts_in_files(paths, PAIR[0], rows), rows)
    for path in paths:
        for part in read_parts(path):
            strays.add(part, part[PAIR[0]])
    for part in strays:
        yield merge_strays(part)
