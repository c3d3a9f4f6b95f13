"""Surfaces of cells, or of other labels, in one chunk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from neuropil.grid import Box, Triple
from neuropil.meshes.lattice import Lattice
from neuropil.meshes.marching import march
from neuropil.meshes.pieces import Pieces
from neuropil.storage import LabelStack, read_table
from neuropil.volumes import open_role

Reader = Callable[[Box], np.ndarray]


def open_labels(paths: Sequence[str], dataset: dict) -> Reader:
    """Give a reader of what to mesh.

    Parameters
    ----------
    paths : files of chunks with labels of objects, if these are to be meshed
    dataset : for `open_role`, with its supervoxels if cells are to be meshed
    """
    if dataset:
        return open_role(dataset, "supervoxels").read
    return LabelStack(paths).read


def read_lookup(path: str | Sequence[str]) -> pd.DataFrame | None:
    """Read the table supervoxel, cell of a chunk; None if there is no path."""
    return read_table(path) if path else None


def extract_meshes(
    read: Reader,
    core: Box,
    lattice: Lattice,
    block_shape: Triple,
    threads: int,
    membership: pd.DataFrame | None = None,
) -> Pieces:
    """Find the surfaces of all labels in the cubes of samples that a chunk owns.

    Surfaces are open towards other chunks and closed at the border of the volume. Where
    two chunks meet, both have the same vertices. Reads up to a sample's distance beyond
    the core, at its high faces; memory is that of the samples and a few blocks.

    Parameters
    ----------
    read : gives the labels (uint64, 0 is background) of a box of voxels
    core : voxels that the chunk owns
    lattice : of the samples, with the box of the volume
    block_shape : (z, y, x), of voxels to be read at a time
    threads : blocks at work at the same time
    membership : supervoxel, cell: labels are supervoxels, and cells are to be meshed
    """
    owned = lattice.owned(core)
    labels = lattice.read(read, owned.grow(0, 1), block_shape, threads)
    pieces = march(labels, owned.start, membership)
    logging.info(
        "%s samples: %d meshes, %d triangles",
        labels.shape,
        len(pieces.ids),
        len(pieces.faces),
    )
    return pieces
