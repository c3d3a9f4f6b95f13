"""What a table holds: columns with types, units and descriptions.

A schema travels with its table in the Parquet metadata, and the README's tables of
outputs are generated from the same objects.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

TYPES = {
    "uint64": pa.uint64(),
    "int64": pa.int64(),
    "int32": pa.int32(),
    "uint32": pa.uint32(),
    "uint8": pa.uint8(),
    "int8": pa.int8(),
    "float64": pa.float64(),
    "float32": pa.float32(),
    "bool": pa.bool_(),
    "string": pa.string(),
}


@dataclass(frozen=True)
class Field:
    """One column: its name, type (a key of `TYPES`), unit ("" if none), meaning."""

    name: str
    dtype: str
    unit: str
    description: str

    def arrow(self) -> pa.Field:
        """Give the column as pyarrow sees it, with unit and description as metadata."""
        return pa.field(
            self.name,
            TYPES[self.dtype],
            nullable=False,
            metadata={"unit": self.unit, "description": self.description},
        )


@dataclass(frozen=True)
class Schema:
    """A table: its name, what a row is, its key columns (the sort order), columns."""

    name: str
    description: str
    keys: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in the order of the file."""
        return [field.name for field in self.fields]

    def arrow(self) -> pa.Schema:
        """Give the schema as pyarrow sees it."""
        metadata = {"table": self.name, "description": self.description}
        return pa.schema([field.arrow() for field in self.fields], metadata)


def zyx_fields(prefix: str, suffix: str, dtype: str, description: str) -> tuple:
    """Three columns, one per axis; ``{axis}`` in the description is filled in.

    >>> [f.name for f in zyx_fields("start_", "vx", "int64", "First {axis}.")]
    ['start_z_vx', 'start_y_vx', 'start_x_vx']
    """
    unit = {"vx": "voxel", "nm": "nm"}[suffix]
    return tuple(
        Field(f"{prefix}{axis}_{suffix}", dtype, unit, description.format(axis=axis))
        for axis in "zyx"
    )
