"""Tables in parts: larger than memory, read and written piece by piece."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd
import pyarrow.parquet as pq

from neuropil.schemas.base import Schema
from neuropil.storage import PACKED_TABLE, ROW_GROUP, as_table, refusing_damage
from neuropil.whole_files import replacing


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
    path: str | os.PathLike, rows: int = 2**17, columns: Sequence[str] | None = None
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
