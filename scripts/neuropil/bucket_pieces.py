"""Pieces of cells, or of objects, in the files of chunks, sorted by bucket.

What a chunk's job finds of cells are pieces: a named tuple of arrays. Its first column
is the id of the cell or object of each piece; other columns have a row per piece, too,
or, one piece after the other, as many rows for each as a column of counts says. Which
column counts the rows of which, the tuple's class says in ``COUNTED``.

In a file the pieces of a bucket lie together, so that they can be read alone, and each
bucket has a digest of them, so that a changed bucket is known from an unchanged one.
The files of many chunks can be put together to one of the same kind (a slab), so that
who reads a bucket opens few files.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import h5py
import numpy as np

from neuropil.buckets import bucket_of
from neuropil.storage import PACKED, open_hdf5, reading_hdf5, refusing_damage
from neuropil.whole_files import replacing, replacing_hdf5

Pieces = TypeVar("Pieces", bound=tuple)

ROWS = 1 << 14  # of an HDF5 chunk
PER_PIECE = "pieces"  # what counts the rows of columns that have one per piece


def counter_of(kind: type, column: str) -> str:
    """Column that counts the rows of another one."""
    return kind.COUNTED.get(column, PER_PIECE)


def row_starts(pieces: Pieces) -> dict[str, np.ndarray]:
    """First row (P + 1,) of each piece, and the end, by what counts the rows."""
    starts = {PER_PIECE: np.arange(len(pieces[0]) + 1)}
    for name in sorted(set(pieces.COUNTED.values())):
        starts[name] = np.append(0, np.cumsum(getattr(pieces, name), dtype=np.int64))
    return starts


def cut(columns: Mapping, kind: type[Pieces], spans: Mapping[str, slice]) -> Pieces:
    """Take ranges of rows out of columns, also of an open file, which reads just these.

    Parameters
    ----------
    columns : arrays by name
    kind : class of the pieces
    spans : the rows, by what counts them
    """
    taken = (columns[name][spans[counter_of(kind, name)]] for name in kind._fields)
    return kind(*taken)


def cut_at(pieces: Pieces, ends: Sequence[int]) -> Iterator[Pieces]:
    """Yield the pieces between each of some numbers of pieces and the next."""
    starts = {
        name: start[np.asarray(ends)] for name, start in row_starts(pieces).items()
    }
    for i in range(len(ends) - 1):
        spans = {name: slice(*start[i : i + 2]) for name, start in starts.items()}
        yield cut(pieces._asdict(), type(pieces), spans)


def select(pieces: Pieces, chosen: np.ndarray) -> Pieces:
    """Take pieces by their numbers (N,), in that order; memory is that of a copy."""
    starts, taken = row_starts(pieces), []
    for name, column in pieces._asdict().items():
        counter = counter_of(type(pieces), name)
        if counter == PER_PIECE:
            taken.append(column[chosen])
            continue
        start = starts[counter]
        spans = zip(start[:-1][chosen].tolist(), start[1:][chosen].tolist())
        parts = [column[low:high] for low, high in spans]
        taken.append(np.concatenate([column[:0], *parts]))
    return type(pieces)(*taken)


def split_ids(pieces: Pieces) -> Iterator[tuple[int, Pieces]]:
    """Yield ids, ascending, and the pieces of each, in the order they are in."""
    pieces = select(pieces, np.argsort(pieces[0], kind="stable"))
    ids, first = np.unique(pieces[0], return_index=True)
    yield from zip(ids.tolist(), cut_at(pieces, [*first, len(pieces[0])]))


def digest(pieces: Pieces) -> str:
    """Say in 16 letters what pieces hold; nothing if there are none."""
    if not len(pieces[0]):
        return ""
    state = hashlib.blake2b(digest_size=8)
    for column in pieces:
        state.update(np.ascontiguousarray(column).tobytes())
    return state.hexdigest()


def write_pieces(path: str | os.PathLike, pieces: Pieces, bucket_count: int) -> None:
    """Write pieces sorted by bucket and id; those of one id stay in their order.

    The rows of a bucket lie between ``start/<what counts them>[bucket]`` and the next;
    ``digest[bucket]`` says in short what they hold. They are sorted bucket by bucket,
    since all of them may be most of a job's memory.
    """
    buckets = bucket_of(pieces[0], bucket_count)
    order = np.lexsort((pieces[0], buckets))
    at = np.searchsorted(buckets[order], np.arange(bucket_count + 1))
    starts = {PER_PIECE: at}
    for name in sorted(set(pieces.COUNTED.values())):
        counts = getattr(pieces, name)[order]
        starts[name] = np.append(0, np.cumsum(counts, dtype=np.int64))[at]
    digests = []
    with replacing_hdf5(path) as file:
        for name, rows in starts.items():
            file.create_dataset(f"start/{name}", data=rows, track_times=False)
        columns = create_columns(file, pieces)
        for number in range(bucket_count):
            part = select(pieces, order[at[number] : at[number + 1]])
            digests.append(digest(part))
            for name, rows in part._asdict().items():
                start = starts[counter_of(type(pieces), name)]
                columns[name][slice(*start[number : number + 2])] = rows
        names = np.array(digests, "S16")
        file.create_dataset("digest", data=names, track_times=False)


def create_columns(file: h5py.File, pieces: Pieces) -> dict[str, h5py.Dataset]:
    """Make an empty dataset in a file for each column of pieces."""
    columns = {}
    for name, column in pieces._asdict().items():
        columns[name] = create_column(file, name, column.shape, column.dtype)
        columns[name].attrs["counted_by"] = counter_of(type(pieces), name)
    return columns


def create_column(
    file: h5py.File, name: str, shape: tuple[int, ...], dtype: np.dtype
) -> h5py.Dataset:
    """Make a dataset for a column of pieces, packed unless it is empty."""
    packed = {"shuffle": True, **PACKED} if shape[0] else {}
    if packed:
        packed["chunks"] = (min(shape[0], ROWS), *shape[1:])
    return file.create_dataset(name, shape, dtype, track_times=False, **packed)


def merge_pieces(path: str | os.PathLike, paths: Sequence[str | os.PathLike]) -> None:
    """Put the pieces of files together to one file, in their order in each bucket.

    `read_pieces` of it gives what it gives of all the files. The digest of a bucket
    follows from theirs. Memory is that of a column of one bucket of one file.

    Parameters
    ----------
    path : to write
    paths : files of `write_pieces`, of one class and number of buckets
    """
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(open_hdf5(p)) for p in paths]
        out = stack.enter_context(replacing_hdf5(path))
        starts = [{name: s[()] for name, s in file["start"].items()} for file in files]
        for name in starts[0]:
            total = np.sum([start[name] for start in starts], axis=0)
            out.create_dataset(f"start/{name}", data=total, track_times=False)
        words = zip(*(file["digest"][()].tolist() for file in files))
        joined = np.array([join_digests(found) for found in words], "S16")
        out.create_dataset("digest", data=joined, track_times=False)
        for name in (n for n in files[0] if n not in ("start", "digest")):
            counter = files[0][name].attrs["counted_by"]
            columns = [file[name] for file in files]
            merge_column(out, columns, [start[counter] for start in starts])
    logging.info("put the pieces of %d files together", len(paths))


def join_digests(words: Sequence[bytes]) -> str:
    """Say in 16 letters what several digests are; nothing if all are of nothing."""
    words = [word for word in words if word]
    return hashlib.blake2b(b" ".join(words), digest_size=8).hexdigest() if words else ""


def merge_column(
    out: h5py.File, columns: Sequence[h5py.Dataset], starts: Sequence[np.ndarray]
) -> None:
    """Write a column of `merge_pieces`; ``starts`` (B + 1,) has its rows per bucket."""
    first = columns[0]
    name, rows = first.name.lstrip("/"), sum(map(len, columns))
    data = create_column(out, name, (rows, *first.shape[1:]), first.dtype)
    data.attrs["counted_by"] = first.attrs["counted_by"]
    at = 0
    for bucket in range(len(starts[0]) - 1):
        for column, start in zip(columns, starts):
            with refusing_damage(column.file.filename, "HDF5 file"):
                part = column[slice(*map(int, start[bucket : bucket + 2]))]
            data[at : at + len(part)] = part
            at += len(part)


def read_pieces(
    paths: Sequence[str | os.PathLike], bucket: int, kind: type[Pieces]
) -> Pieces:
    """Read the pieces of a bucket, of a class, from the files of chunks or slabs."""
    parts = []
    for path in paths:
        with reading_hdf5(path) as file:
            starts = {
                name: rows[bucket : bucket + 2] for name, rows in file["start"].items()
            }
            spans = {name: slice(*map(int, ends)) for name, ends in starts.items()}
            parts.append(cut(file, kind, spans))
    return kind(*map(np.concatenate, zip(*parts)))


def read_digests(path: str | os.PathLike) -> list[str]:
    """Read what a chunk's file holds of each bucket, in short."""
    with reading_hdf5(path) as file:
        return [name.decode() for name in file["digest"][()]]


def write_gates(gates: Sequence[str], paths: Sequence[str]) -> None:
    """Write what files hold of each bucket, in short: a line per file with pieces.

    What is made of a bucket's pieces is to be made again if its gate has changed.

    Parameters
    ----------
    gates : texts to write, in the order of the buckets
    paths : files of pieces, named as their chunks or slabs
    """
    found = {Path(path).stem: read_digests(path) for path in paths}
    for bucket, gate in enumerate(gates):
        lines = [
            f"{c} {names[bucket]}\n" for c, names in found.items() if names[bucket]
        ]
        with replacing(gate) as temporary:
            temporary.write_text("".join(lines))
    logging.info("%d buckets of the pieces in %d files", len(gates), len(paths))
