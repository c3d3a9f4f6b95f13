"""Shard files of Neuroglancer's precomputed format: many objects in one file.

The id of an object says which shard holds it, and which part (minishard) of the shard
lists it: https://github.com/google/neuroglancer, precomputed/sharded.md. A shard is
written as a whole, and its bytes depend on its objects alone.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from neuropil.whole_files import replacing

FIRST, SECOND = np.uint32(0x239B961B), np.uint32(0xAB0E9789)
MIX_1, MIX_2 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)
MINISHARD_BITS = 6  # 64 lists a shard: each stays short with a million objects a shard


class Sharding(NamedTuple):
    """How ids are spread over shards.

    Attributes
    ----------
    shard_bits, minishard_bits : of their numbers
    preshift_bits : of the id, lowest, that are not looked at
    hash : ``identity``, or ``murmurhash3_x86_128``, which spreads any ids evenly
    """

    shard_bits: int
    minishard_bits: int = MINISHARD_BITS
    preshift_bits: int = 0
    hash: str = "murmurhash3_x86_128"

    def describe(self) -> dict:
        """Write the specification as it stands in an ``info`` file."""
        return {
            "@type": "neuroglancer_uint64_sharded_v1",
            "preshift_bits": self.preshift_bits,
            "hash": self.hash,
            "minishard_bits": self.minishard_bits,
            "shard_bits": self.shard_bits,
            "minishard_index_encoding": "gzip",
            "data_encoding": "gzip",
        }

    def place(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shard and minishard (N,) uint64 of ids (N,) uint64."""
        numbers = np.asarray(ids, np.uint64) >> np.uint64(self.preshift_bits)
        if self.hash != "identity":
            numbers = murmur_hash(numbers)
        minishards = numbers & np.uint64(2**self.minishard_bits - 1)
        shards = numbers >> np.uint64(self.minishard_bits)
        return shards & np.uint64(2**self.shard_bits - 1), minishards

    def name(self, shard: int) -> str:
        """File name of a shard, without its suffix: its number, hexadecimal."""
        return f"{int(shard):0{-(-self.shard_bits // 4)}x}"

    @property
    def names(self) -> list[str]:
        """File names of all shards, without suffix.

        >>> Sharding(5).names[::8]
        ['00', '08', '10', '18']
        """
        return [self.name(shard) for shard in range(2**self.shard_bits)]


class Entry(NamedTuple):
    """An object to be stored.

    Attributes
    ----------
    id : uint64
    data : what is found by the id
    before : what lies just before it in the file, not compressed; nothing if empty
    """

    id: int
    data: bytes
    before: bytes = b""


def rotate(values: np.ndarray, bits: int) -> np.ndarray:
    """Turn the bits of uint32 numbers to the left."""
    return (values << np.uint32(bits)) | (values >> np.uint32(32 - bits))


def scatter(values: np.ndarray) -> np.ndarray:
    """Mix the bits of uint32 numbers: the end of MurmurHash3."""
    values = (values ^ (values >> np.uint32(16))) * MIX_1
    values = (values ^ (values >> np.uint32(13))) * MIX_2
    return values ^ (values >> np.uint32(16))


def murmur_hash(ids: np.ndarray) -> np.ndarray:
    """Hash ids: the low 8 bytes of MurmurHash3_x86_128 of their 8 bytes, seed 0.

    Parameters
    ----------
    ids : (N,) uint64

    Returns
    -------
    (N,) uint64
    """
    ids = np.asarray(ids, np.uint64)
    length = np.uint32(8)
    low, high = ids.astype(np.uint32), (ids >> np.uint64(32)).astype(np.uint32)
    one = rotate(low * FIRST, 15) * SECOND ^ length
    two = rotate(high * SECOND, 16) * np.uint32(0x38B34AE5) ^ length
    rest = np.broadcast_to(length, ids.shape)
    one = one + two + rest + rest
    two, rest = two + one, rest + one
    one, two, rest = scatter(one), scatter(two), scatter(rest)
    one = one + two + rest + rest
    two = two + one
    return one.astype(np.uint64) | (two.astype(np.uint64) << np.uint64(32))


def compress(data: bytes) -> bytes:
    """Compress with gzip, without the time of day."""
    return gzip.compress(data, compresslevel=6, mtime=0)


def write_shard(
    path: str | os.PathLike, entries: Iterable[Entry], sharding: Sharding
) -> None:
    """Write one shard; complete or not at all, the same bytes for the same entries.

    Parameters
    ----------
    entries : all objects of this shard, and no others, in any order
    """
    entries = sorted(entries, key=lambda entry: entry.id)
    ids = np.array([entry.id for entry in entries], np.uint64)
    minishards = sharding.place(ids)[1]
    count = 2**sharding.minishard_bits
    index = np.zeros((count, 2), "<u8")
    with replacing(path) as temporary, open(temporary, "wb") as file:
        file.write(index.tobytes())
        for number in np.unique(minishards).astype(int).tolist():
            rows = np.flatnonzero(minishards == np.uint64(number)).tolist()
            listed = write_entries(file, [entries[row] for row in rows], index.nbytes)
            start = file.tell() - index.nbytes
            file.write(compress(listed.tobytes()))
            index[number] = start, file.tell() - index.nbytes
        file.seek(0)
        file.write(index.tobytes())


def write_entries(file, entries: list[Entry], origin: int) -> np.ndarray:
    """Write the objects of a minishard; returns its index (3, N) uint64.

    Rows are ids, starts, and sizes; ids as steps from the one before, starts as steps
    from where the one before ends.
    """
    ids, starts, sizes = [], [], []
    for entry in entries:
        data = compress(entry.data)
        file.write(entry.before)
        starts.append(file.tell() - origin)
        sizes.append(len(data))
        ids.append(entry.id)
        file.write(data)
    ends = np.add(starts, sizes)
    steps = np.diff(np.array(ids, "<u8"), prepend=np.uint64(0))
    gaps = np.subtract(starts, np.r_[0, ends[:-1]])
    return np.array([steps, gaps.astype("<u8"), np.array(sizes, "<u8")], "<u8")
