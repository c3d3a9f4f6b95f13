"""Files of neuropil: tables (Parquet) and label volumes (HDF5).

Every file is complete or not there at all (whole_files.py), and carries checksums: one
bit that flips in a compressed file mostly gives other numbers, and no error. They are
of compressed bytes, so their cost does not show beside that of compression.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from neuropil.errors import InputError
from neuropil.grid import Box, Triple
from neuropil.schemas.base import Schema
from neuropil.whole_files import replacing, replacing_hdf5

BLOCK = (32, 64, 64)  # HDF5 chunk, in voxels; small ones read quicker with a halo
ROW_GROUP = 2**16  # rows of a table that are decoded at once, or not at all
CACHE_SLOTS = 10_007  # a prime, well above the number of HDF5 chunks in a cache
PACKED_TABLE = {"compression": "zstd", "write_page_checksum": True}
PACKED = {"fletcher32": True, **hdf5plugin.Zstd(clevel=1)}  # options of datasets


def as_table(frame: pd.DataFrame, schema: Schema) -> pa.Table:
    """Cast, order and sort a frame as its schema says.

    Raises
    ------
    ValueError
        If columns are missing or left over, or a value does not fit its type.
    """
    missing = [c for c in schema.columns if c not in frame.columns]
    extra = [c for c in frame.columns if c not in schema.columns]
    if missing or extra:
        raise ValueError(
            f"Table {schema.name} lacks columns {missing} and has unknown {extra}."
        )
    frame = frame[schema.columns]
    if schema.keys:
        frame = frame.sort_values(list(schema.keys), kind="stable")
    columns = [as_column(frame[field.name], field.type) for field in schema.arrow()]
    return pa.Table.from_arrays(columns, schema=schema.arrow())


def as_column(values: pd.Series, kind: pa.DataType) -> pa.Array:
    """Cast a column. An undefined number stays NaN: a null would make ids floats."""
    if kind == pa.string():
        return pa.array(values.astype(object), kind)
    return pa.array(values, kind, from_pandas=False)


def write_table(
    path: str | os.PathLike,
    frame: pd.DataFrame,
    schema: Schema,
    provenance: str = "",
) -> None:
    """Write a table as Parquet (zstd), sorted by the schema's keys.

    ``provenance`` is a text (JSON) that goes into the file's metadata.
    """
    table = as_table(frame, schema)
    metadata = {b"neuropil": provenance.encode(), **schema.arrow().metadata}
    table = table.replace_schema_metadata(metadata)
    with replacing(path) as temporary:
        pq.write_table(table, temporary, ROW_GROUP, **PACKED_TABLE)


def read_table(
    path: str | os.PathLike,
    columns: Sequence[str] | None = None,
    where: tuple[str, Sequence] | None = None,
) -> pd.DataFrame:
    """Read a Parquet table; ids stay uint64.

    ``where`` names a column and the values in it whose rows to read; memory is then
    that of these rows, and if it is the first key, groups of other rows stay unread.

    Raises
    ------
    InputError
        If the file is missing, damaged or no Parquet file, or lacks a column.
    """
    kept = pc.field(where[0]).isin(pa.array(where[1])) if where else None
    with refusing_damage(path, "Parquet table"):
        table = pq.read_table(
            path, columns=columns, filters=kept, page_checksum_verification=True
        )
        return table.to_pandas()


@contextlib.contextmanager
def refusing_damage(path: str | os.PathLike, kind: str) -> Iterator[None]:
    """Turn what goes wrong while a file is read into one sentence.

    A file that a power cut or a bad disk has damaged fails in many ways, and so does
    one of another version of neuropil that lacks a column or a dataset.
    """
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:150]
        raise InputError(
            f"{path} is no readable {kind} ({reason}). If neuropil made it, delete it "
            "and run the same command again, which makes it anew; if it is yours, copy "
            "it anew."
        ) from error


def read_tables(
    paths: Iterable[str | os.PathLike], columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read tables of one schema and put them one below the other."""
    return pd.concat([read_table(p, columns) for p in paths], ignore_index=True)


class LabelFile:
    """Write a volume of one chunk block by block; complete or not there at all.

    Use it as a context manager. The HDF5 file gets one dataset per name, whose
    attributes say where it lies: ``axes``, ``voxel_size_nm`` and ``offset_vx``.

    Parameters
    ----------
    path : file to make
    box : Box
        Voxels that the file holds, in coordinates of the dataset.
    voxel_size_nm : (z, y, x)
    datasets : mapping from dataset name to dtype
    """

    def __init__(
        self,
        path: str | os.PathLike,
        box: Box,
        voxel_size_nm: Sequence[float],
        datasets: dict[str, str] | None = None,
    ) -> None:
        self.path = path
        self.box = box
        self.voxel_size_nm = tuple(float(v) for v in voxel_size_nm)
        self.datasets = datasets or {"labels": "uint64"}
        self._lock = threading.Lock()

    def __enter__(self) -> LabelFile:
        self._stack = contextlib.ExitStack()
        self._file = self._stack.enter_context(replacing_hdf5(self.path))
        for name, dtype in self.datasets.items():
            self._create(name, dtype)
        return self

    def _create(self, name: str, dtype: str) -> None:
        data = self._file.create_dataset(
            name,
            shape=self.box.shape,
            dtype=dtype,
            chunks=tuple(min(n, c) for n, c in zip(self.box.shape, BLOCK)),
            **PACKED,
        )
        place_dataset(data, self.box.start, self.voxel_size_nm)

    def write(self, box: Box, array: np.ndarray, name: str = "labels") -> None:
        """Write the voxels of a box; may be called from several threads.

        Raises
        ------
        OSError
            If the disk is full; `replacing` says so in a sentence.
        """
        with self._lock:
            self._file[name][box.within(self.box)] = array
            self._file.check()

    def __exit__(self, *error) -> bool | None:
        return self._stack.__exit__(*error)


def place_dataset(
    data: h5py.Dataset, offset_vx: Triple, voxel_size_nm: Sequence[float]
) -> None:
    """Note in a dataset's attributes where its voxels lie."""
    data.attrs["axes"] = "zyx"
    data.attrs["voxel_size_nm"] = tuple(float(v) for v in voxel_size_nm)
    data.attrs["offset_vx"] = tuple(int(v) for v in offset_vx)


class LabelStack:
    """Read the volumes of many chunk files as one; zero where no file is.

    Parameters
    ----------
    paths : files made by `LabelFile`
    name : dataset in each file
    """

    def __init__(
        self, paths: Iterable[str | os.PathLike], name: str = "labels"
    ) -> None:
        self.name = name
        self.boxes = {}
        for path in paths:
            with reading_hdf5(path) as file:
                data = file[name]
                start = tuple(int(v) for v in data.attrs["offset_vx"])
                self.boxes[str(path)] = Box.of(data.shape, start)
                self.dtype = data.dtype
                self.voxel_size_nm = tuple(data.attrs["voxel_size_nm"])

    @property
    def box(self) -> Box:
        """Smallest box that holds every file's voxels."""
        starts, stops = zip(*self.boxes.values())
        return Box(
            tuple(min(s) for s in zip(*starts)), tuple(max(s) for s in zip(*stops))
        )

    def read(self, box: Box) -> np.ndarray:
        """Voxels of a box, (Z, Y, X) of the files' dtype."""
        out = np.zeros(box.shape, self.dtype)
        for path, held in self.boxes.items():
            part = box.intersect(held)
            if part.size:
                with reading_hdf5(path) as file:
                    source, target = part.within(held), part.within(box)
                    file[self.name].read_direct(out, source, target)
        return out


def read_labels(path: str | os.PathLike, box: Box, name: str = "labels") -> np.ndarray:
    """Read a box of one file made by `LabelFile`; zero outside of it."""
    return LabelStack([path], name).read(box)


def open_hdf5(path: str | os.PathLike, cache_bytes: int = 2**20) -> h5py.File:
    """Open an HDF5 file for reading; ``cache_bytes`` of its chunks are kept decoded.

    Raises
    ------
    InputError
        If the file is missing, truncated or no HDF5 file.
    """
    with refusing_damage(path, "HDF5 file"):
        return h5py.File(path, "r", rdcc_nbytes=cache_bytes, rdcc_nslots=CACHE_SLOTS)


@contextlib.contextmanager
def reading_hdf5(path: str | os.PathLike) -> Iterator[h5py.File]:
    """Open a file that neuropil made; what is damaged inside is refused as well."""
    with refusing_damage(path, "HDF5 file"), open_hdf5(path) as file:
        yield file


def join_labels(paths: Sequence[str | os.PathLike], out: str | os.PathLike) -> None:
    """Join chunk files into one volume per dataset without copying voxels.

    Makes an HDF5 file of virtual datasets whose sources are named relative to it, so
    that the folder can be moved. A missing source would read as 0 without an error:
    the files are therefore opened, all of them, before.
    """
    with reading_hdf5(paths[0]) as first:
        names = list(first)
    stacks = {name: LabelStack(paths, name) for name in names}
    with replacing_hdf5(out) as file:
        for name, stack in stacks.items():
            layout = h5py.VirtualLayout(stack.box.shape, stack.dtype)
            for path, box in stack.boxes.items():
                relative = os.path.relpath(path, Path(out).parent)
                source = h5py.VirtualSource(relative, name, box.shape)
                layout[box.within(stack.box)] = source
            data = file.create_virtual_dataset(name, layout)
            place_dataset(data, stack.box.start, stack.voxel_size_nm)
