"""Crossings outside of sites, of all chunks: added up a range of supervoxels at a time.

They are the largest tables of contacts. Their ranges are added up and written one after
the other, in the order that the whole table has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import pandas as pd

from neuropil.contacts.sites import merge_strays
from neuropil.partitions import ROWS, partition_files
from neuropil.schemas.contacts import PAIR


def add_up_strays(
    paths: Sequence[str | os.PathLike], folder: str | os.PathLike, rows: int = ROWS
) -> Iterator[pd.DataFrame]:
    """Yield the strays of all chunks, added up, in parts that follow each other.

    Put one below the other they are `sites.merge_strays` of all tables.

    Parameters
    ----------
    paths : tables of schema ``contact_strays``
    folder : for files of more rows than are held; they are gone when all is read
    rows : of a range, about; more, if one supervoxel has more
    """
    for part in partition_files(paths, PAIR[0], folder, rows):
        yield merge_strays(part)
