"""Surfaces of cells, or of other labels, in one chunk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from neuropil.grid import Box, Triple, tile
from neuropil.meshes.lattice import Lattice
from neuropil.meshes.marching import march
from neuropil.meshes.pieces import Pieces
from neuropil.storage import LabelStack, read_table
from neuropil.volumes import open_role

SLAB = 2**24  # samples that are meshed at a time; layers of blocks may be more

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
    two chunks meet, both have the same vertices, and so have the slabs in which a chunk
    is meshed, one after the other. Reads up to a sample's distance beyond the core, at
    its high faces; memory is that of a slab, a few blocks, and the surfaces.

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
    parts = []
    for slab in tile(owned, slab_shape(owned.shape, block_shape[0], lattice)):
        labels = lattice.read(read, slab.grow(0, 1), block_shape, threads)
        parts.append(march(labels, slab.start, membership))
    pieces = (
        Pieces(*map(np.concatenate, zip(*parts))) if parts else Pieces.of([], [], [])
    )
    logging.info(
        "%s samples: %d pieces, %d triangles",
        owned.shape,
        len(pieces.ids),
        len(pieces.faces),
    )
    return pieces


def slab_shape(samples: Triple, block_height: int, lattice: Lattice) -> Triple:
    """Shape of the slabs in which samples (z, y, x) are meshed: whole layers of blocks.

    >>> slab_shape((1024, 512, 512), 128, Lattice((2, 4, 4), Box.of((9, 9, 9))))
    (64, 512, 512)
    """
    _, y, x = (max(1, n) for n in samples)
    layer = max(1, block_height // lattice.factors[0])
    layers = max(1, SLAB // (layer * y * x))
    return layer * layers, y, x
