"""Surfaces of cells, or of other labels, in one chunk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from neuropil.cells import map_to_cells
from neuropil.grid import Box, Triple
from neuropil.meshes.lattice import Lattice
from neuropil.meshes.marching import march
from neuropil.meshes.pieces import Pieces
from neuropil.storage import LabelStack, read_table
from neuropil.volumes import open_role

Reader = Callable[[Box], np.ndarray]


def open_labels(paths: Sequence[str], dataset: dict, lookup: str | None) -> Reader:
    """Give a reader of what to mesh.

    Parameters
    ----------
    paths : files of chunks with labels of objects; not used if there is a lookup
    dataset : for `open_role`, with its supervoxels
    lookup : table supervoxel, cell, if cells are to be meshed
    """
    if not lookup:
        return LabelStack(paths).read
    return map_reader(open_role(dataset, "supervoxels").read, read_table(lookup))


def map_reader(read: Reader, membership: pd.DataFrame) -> Reader:
    """Give a reader of cells from one of supervoxels."""
    table = membership.sort_values("supervoxel")

    def read_cells(box: Box) -> np.ndarray:
        supervoxels, index = np.unique(read(box), return_inverse=True)
        return map_to_cells(supervoxels, table)[index].reshape(box.shape)

    return read_cells


def extract_meshes(
    read: Reader, core: Box, lattice: Lattice, block_shape: Triple, threads: int
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
    """
    owned = lattice.owned(core)
    labels = lattice.read(read, owned.grow(0, 1), block_shape, threads)
    pieces = march(labels, owned.start)
    logging.info(
        "%s samples: %d meshes, %d triangles",
        labels.shape,
        len(pieces.ids),
        len(pieces.faces),
    )
    return pieces
