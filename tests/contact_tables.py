"""Contacts of cells from tables in memory, whole or cut into parts."""

import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa

from neuropil.contacts.areas import Contacts, SiteTables, measure_contacts
from neuropil.contacts.cell_pairs import CellPairs
from neuropil.partitions import ROWS
from neuropil.schemas import contacts as schemas
from neuropil.storage import as_table


def cut(table, rows):
    """Cut a table into parts of so many rows; one, if it has none."""
    return [table[at : at + rows] for at in range(0, max(len(table), 1), rows)]


def gather(parts, schema):
    """Put parts of a table together, in the form of its schema."""
    parts = [as_table(part, schema) for part in parts]
    return pa.concat_tables([schema.arrow().empty_table(), *parts]).to_pandas()


def gather_all(parts, rows):
    """Put the parts of tables together, named as their schemas; no file is left."""
    with tempfile.TemporaryDirectory() as folder:
        tables = [
            gather(table, getattr(schemas, name.upper()))
            for name, table in parts(folder, rows)._asdict().items()
        ]
        assert not [path for path in Path(folder).rglob("*") if path.is_file()]
    return tables


def measure_tables(linked, membership, size, min_area_um2, rows=ROWS):
    """Tables of `measure_contacts`.

    Parameters
    ----------
    linked : has tables sites, touching and strays
    rows : of a part of what is written; of what is read, eights, since areas of rows
        that are left over by these may differ in their last bits
    """

    def give(table):
        def read(columns=None):
            return cut(table if columns is None else table[columns], 8 * rows)

        return read

    tables = (give(getattr(linked, name)) for name in SiteTables._fields)
    settings = (SiteTables(*tables), CellPairs(membership, size), min_area_um2)
    parts = gather_all(lambda *held: measure_contacts(*settings, *held), rows)
    return Contacts(*map(pd.DataFrame, parts))
