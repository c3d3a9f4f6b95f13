"""Voxels of single objects, as runs along x: small, and cut up as one likes.

What a chunk holds of an object are some of its runs. Put together they are the object,
whatever the chunks and blocks that they were cut by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from neuropil.bucket_pieces import read_pieces, split_ids
from neuropil.grid import Box, Triple


class Runs(NamedTuple):
    """Pieces of objects: voxels, as runs along x.

    Attributes
    ----------
    ids : (P,) uint64
    run_counts : (P,) int64, runs of each piece
    runs : (R, 4) int32, z, y, x of the first voxel in the dataset, and the length
    """

    ids: np.ndarray
    run_counts: np.ndarray
    runs: np.ndarray

    COUNTED = {"runs": "run_counts"}  # noqa: RUF012, of all, not a field

    @classmethod
    def of(cls, ids: np.ndarray, runs: np.ndarray) -> Runs:
        """Put the runs (R, 4) of objects together, given the object of each (R,)."""
        order = np.argsort(ids, kind="stable")
        names, counts = np.unique(ids, return_counts=True)
        runs = runs.astype(np.int32)[order]
        return cls(names.astype(np.uint64), counts.astype(np.int64), runs)


class Voxels(NamedTuple):
    """All voxels of one object.

    Attributes
    ----------
    box : Box
        Bounding box, in the dataset.
    runs : (R, 4) int64
        z, y, x of the first voxel in the box, and the length; by rising z.
    """

    box: Box
    runs: np.ndarray

    @classmethod
    def of(cls, runs: np.ndarray) -> Voxels:
        """Take an object's runs (R, 4), in any order."""
        runs = np.asarray(runs, np.int64)
        runs = runs[np.lexsort(runs[:, 2::-1].T)]
        start, stop = runs[:, :3].min(axis=0), runs[:, :3].max(axis=0) + 1
        stop[2] = (runs[:, 2] + runs[:, 3]).max()
        runs[:, :3] -= start
        return cls(Box(tuple(start.tolist()), tuple(stop.tolist())), runs)

    @property
    def count(self) -> int:
        """Number of voxels."""
        return int(self.runs[:, 3].sum())

    def read(self, first: int, last: int) -> np.ndarray:
        """Sections of the box, also beyond its ends: (last - first, Y, X) bool."""
        mask = np.zeros((last - first, *self.box.shape[1:]), bool)
        z, y, x, length = self.runs[
            slice(*self.runs[:, 0].searchsorted((first, last)))
        ].T
        start = ((z - first) * mask.shape[1] + y) * mask.shape[2] + x
        before = np.cumsum(length) - length
        places = np.repeat(start - before, length) + np.arange(length.sum())
        mask.reshape(-1)[places] = True
        return mask


def find_runs(labels: np.ndarray, start: Triple) -> tuple[np.ndarray, np.ndarray]:
    """Find runs of equal labels along x.

    Parameters
    ----------
    labels : (Z, Y, X), 0 is background
    start : the array's first voxel in the dataset

    Returns
    -------
    label of each run (R,), and runs (R, 4) int64, in z, y, x order
    """
    inside = labels != 0
    begins, ends = inside.copy(), inside
    changes = labels[..., 1:] != labels[..., :-1]
    begins[..., 1:] &= changes
    ends[..., :-1] &= changes
    places = np.argwhere(begins)
    lengths = np.flatnonzero(ends) - np.flatnonzero(begins) + 1
    return labels[begins], np.column_stack([places + start, lengths])


def join_runs(ids: np.ndarray, zyx: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put voxels together to runs.

    Parameters
    ----------
    ids : (N,), object of each voxel
    zyx : (N, 3), distinct

    Returns
    -------
    object of each run (R,), and runs (R, 4) int64
    """
    order = np.lexsort((*zyx.T[::-1], ids))
    ids, zyx = ids[order], zyx[order].astype(np.int64)
    begins = np.ones(len(ids), bool)
    begins[1:] = (ids[1:] != ids[:-1]) | (np.diff(zyx, axis=0) != (0, 0, 1)).any(axis=1)
    first = np.flatnonzero(begins)
    lengths = np.diff(np.append(first, len(ids)))
    return ids[first], np.column_stack([zyx[first], lengths])


def read_voxels(paths: Sequence[str], bucket: int) -> Iterator[tuple[int, Voxels]]:
    """Yield the objects of a bucket by rising id, from the files of all chunks."""
    for name, pieces in split_ids(read_pieces(paths, bucket, Runs)):
        yield name, Voxels.of(pieces.runs)
