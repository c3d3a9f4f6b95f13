"""Rows of a table that is larger than memory, gathered by ranges of a key.

Rows come in parts, in any order of the key, and leave range by range, so that what
belongs together is added up without holding the rest. What is small stays in memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from neuropil.table_parts import join_parts, read_parts

ROWS = 2**18  # of a range, and of what waits in memory for its way to the files
RANGES = 1024  # at most: from memory, each gets its own piece every time
SAMPLED = 64  # rows that one key stands for, when ranges are chosen
PACKED_ROWS = pa.ipc.IpcWriteOptions(compression="zstd")


class Partitions:
    """Takes the rows of a table as they come, and gives them range by range.

    Parameters
    ----------
    folder : where files of ranges may lie, on a disk with room for all rows; made if
        there are more rows than are held
    starts : (P,) first key of each range, rising; no key lies below the first one
    rows : to hold in memory before they go to files
    """

    def __init__(
        self, folder: str | os.PathLike, starts: np.ndarray, rows: int = ROWS
    ) -> None:
        self.folder = Path(folder)
        self.starts = np.asarray(starts, np.uint64)
        self.rows = rows
        self._held: list[tuple[np.ndarray, pd.DataFrame]] = []
        self._count, self._in_files = 0, False
        self._form = None

    def add(self, table: pd.DataFrame, keys: np.ndarray) -> None:
        """Take rows and the key (not negative) of each; all tables have one form."""
        self._form = table[:0] if self._form is None else self._form
        if len(table):
            keys = np.asarray(keys).astype(np.uint64)
            part = np.searchsorted(self.starts, keys, side="right") - 1
            self._held.append((part.astype(np.int32), table))
            self._count += len(table)
        if self._count > self.rows:
            self._write_held()

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Yield the rows of each range that has some, in the order they came; once."""
        return (table for _, table in self._ranges())

    def beside(self, *others: Partitions) -> Iterator[tuple[pd.DataFrame, ...]]:
        """Yield the rows of each range here and of the same range of others; once."""
        every = (self, *others)
        ends = [iter(part._ranges()) for part in every]
        heads = [next(end, None) for end in ends]
        while any(heads):
            number = min(head[0] for head in heads if head)
            here = [bool(head) and head[0] == number for head in heads]
            yield tuple(h[1] if at else p._form for h, at, p in zip(heads, here, every))
            heads = [next(e, None) if at else h for e, at, h in zip(ends, here, heads)]

    def _ranges(self) -> Iterator[tuple[int, pd.DataFrame]]:
        """Yield the ranges that have rows, each with its number."""
        if not self._in_files:
            yield from self._take_held()
            return
        self._write_held()
        for path in sorted(self.folder.iterdir()):
            table = read_rows(path)
            path.unlink()  # what follows needs the room
            yield int(path.stem), table

    def _take_held(self) -> Iterator[tuple[int, pd.DataFrame]]:
        """Yield the ranges of what is in memory, each with its number."""
        if not self._held:
            return
        parts, tables = zip(*self._held)
        self._held, self._count = [], 0
        part, table = np.concatenate(parts), pd.concat(tables, ignore_index=True)
        del parts, tables
        if part.min() == part.max():
            yield int(part[0]), table
            return
        order = np.argsort(part, kind="stable")
        numbers, first = np.unique(part[order], return_index=True)
        for number, rows in zip(numbers.tolist(), np.split(order, first[1:])):
            yield number, table.iloc[rows].reset_index(drop=True)

    def _write_held(self) -> None:
        """Append what is in memory to the files of its ranges."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._in_files = True
        for number, table in self._take_held():
            append_rows(self.folder / f"{number:08d}.arrow", table)


def append_rows(path: Path, table: pd.DataFrame) -> None:
    """Append rows to a file, as a packed stream of Arrow after those it holds."""
    columns = [pa.array(table[name].to_numpy()) for name in table]
    batch = pa.RecordBatch.from_arrays(columns, names=list(table))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=PACKED_ROWS) as stream:
        stream.write_batch(batch)
    with open(path, "ab") as file:
        file.write(sink.getvalue())


def read_rows(path: Path) -> pd.DataFrame:
    """Read all that `append_rows` has put into a file."""
    tables = []
    with pa.OSFile(str(path)) as file:
        while file.tell() < file.size():
            tables.append(pa.ipc.open_stream(file).read_all())
    return pa.concat_tables(tables).to_pandas()


def rows_of_range(total: int, rows: int = ROWS) -> int:
    """Rows of a range, and to hold, so that there are no more than `RANGES`.

    If there were, ever more and smaller pieces would go to files. So memory grows by a
    thousandth of the table.

    >>> rows_of_range(2**20), rows_of_range(2**32)
    (262144, 4194304)
    """
    return max(rows, -(-total // RANGES))


def even_starts(counts: np.ndarray, rows: int) -> np.ndarray:
    """First keys of ranges with about so many rows each.

    Parameters
    ----------
    counts : (N,) rows of each key 0..N-1
    rows : of a range; more, if one key has more

    >>> even_starts(np.array([0, 2, 2, 1, 3]), 4).tolist()
    [0, 3]
    """
    total = np.cumsum(counts)
    whole = int(total[-1]) if len(total) else 0
    ends = np.searchsorted(total, np.arange(rows, whole, rows))
    return np.unique(np.append(0, ends + 1)).astype(np.uint64)


def partition_files(
    paths: Sequence[str | os.PathLike],
    column: str,
    folder: str | os.PathLike,
    rows: int = ROWS,
) -> Partitions:
    """Gather the rows of tables by ranges of a column of ids.

    Parameters
    ----------
    paths : tables that are sorted by the column
    folder : for files of more rows than are held
    rows : of a range, about; more, if one id has more
    """
    sample = [np.empty(0, np.uint64)]
    for path in paths:
        ids = [part[column].to_numpy() for part in read_parts(path, columns=[column])]
        sample.append(np.concatenate(ids)[SAMPLED - 1 :: SAMPLED])
    sample = np.concatenate(sample)
    rows = rows_of_range(SAMPLED * len(sample), rows)
    gathered = Partitions(folder, sampled_starts(sample, rows), rows)
    for part in join_parts(chain.from_iterable(map(read_parts, paths))):
        gathered.add(part, part[column])
    return gathered


def sampled_starts(sample: np.ndarray, rows: int, every: int = SAMPLED) -> np.ndarray:
    """First keys of ranges with about so many rows each, from some of the keys.

    Parameters
    ----------
    sample : keys, one of so many rows as ``every`` says
    rows : of a range; more, if one key has more
    """
    step = max(1, rows // every)
    keys = np.sort(np.asarray(sample, np.uint64))
    return np.append(np.uint64(0), np.unique(keys[step - 1 :: step]))
