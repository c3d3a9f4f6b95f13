"""Tables in parts: larger than memory, read and written piece by piece."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd
import pyarrow.parquet as pq

from neuropil.schemas.base import Schema
from neuropil.storage import PACKED_TABLE, ROW_GROUP, as_table, refusing_damage
from neuropil.whole_files import replacing

ROWS = 2**17  # of a part


def write_parts(
    path: str | os.PathLike,
    frames: Iterable[pd.DataFrame],
    schema: Schema,
    provenance: str = "",
) -> None:
    """Write the parts of a table one below the other; whole or not at all.

    ``frames`` follow each other in the order of the schema's keys. ``provenance`` is
    that of `storage.write_table`.
    """
    form = schema.arrow()
    form = form.with_metadata({b"neuropil": provenance.encode(), **form.metadata})
    with (
        replacing(path) as temporary,
        pq.ParquetWriter(temporary, form, **PACKED_TABLE) as writer,
    ):
        for frame in frames:
            table = as_table(frame, schema).replace_schema_metadata(form.metadata)
            writer.write_table(table, ROW_GROUP)


def read_parts(
    path: str | os.PathLike, rows: int = ROWS, columns: Sequence[str] | None = None
) -> Iterator[pd.DataFrame]:
    """Read a table so many rows at a time, or fewer; one part if it is empty."""
    with (
        refusing_damage(path, "Parquet table"),
        pq.ParquetFile(path, page_checksum_verification=True) as file,
    ):
        if not file.metadata.num_rows:
            yield file.read(columns).to_pandas()
        for batch in file.iter_batches(rows, columns=columns):
            yield batch.to_pandas()


def join_parts(
    parts: Iterable[pd.DataFrame], rows: int = ROWS
) -> Iterator[pd.DataFrame]:
    """Put parts that are small together, to so many rows or somewhat more.

    Work on a part costs time, however small it is.
    """
    held, count = [], 0
    for part in parts:
        held.append(part)
        count += len(part)
        if count >= rows:
            yield pd.concat(held, ignore_index=True)
            held, count = [], 0
    if held:
        yield pd.concat(held, ignore_index=True)
