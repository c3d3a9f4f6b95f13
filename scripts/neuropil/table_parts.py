"""Tables in parts: larger than memory, read and written piece by piece."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from neuropil.schemas.base import Schema
from neuropil.storage import PACKED_TABLE, ROW_GROUP, as_table, refusing_damage
from neuropil.whole_files import replacing


def write_parts(
    path: str | os.PathLike, frames: Iterable[pd.DataFrame], schema: Schema
) -> None:
    """Write the parts of a table one below the other; whole or not at all.

    ``frames`` follow each other in the order of the schema's keys.
    """
    with (
        replacing(path) as temporary,
        pq.ParquetWriter(temporary, schema.arrow(), **PACKED_TABLE) as writer,
    ):
        for frame in frames:
            writer.write_table(as_table(frame, schema), ROW_GROUP)


def read_parts(path: str | os.PathLike, rows: int = 2**17) -> Iterator[pd.DataFrame]:
    """Read a table so many rows at a time, or fewer; one part if it is empty."""
    with (
        refusing_damage(path, "Parquet table"),
        pq.ParquetFile(path, page_checksum_verification=True) as file,
    ):
        if not file.metadata.num_rows:
            yield file.read().to_pandas()
        for batch in file.iter_batches(rows):
            yield batch.to_pandas()


def read_between(
    path: str | os.PathLike, column: str, low: int, high: int | None
) -> pd.DataFrame:
    """Read the rows of a table with ``low <= id < high`` in a column of uint64 ids.

    No upper bound if ``high`` is None. If the column is the first key, groups of rows
    beyond stay unread.
    """
    field = pc.field(column)
    kept = field >= pa.scalar(low, pa.uint64())
    kept = kept if high is None else kept & (field < pa.scalar(high, pa.uint64()))
    with refusing_damage(path, "Parquet table"):
        table = pq.read_table(path, filters=kept, page_checksum_verification=True)
        return table.to_pandas()
