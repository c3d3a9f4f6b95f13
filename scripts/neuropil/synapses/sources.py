"""The volumes that synapses of a chunk are found in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np

from neuropil.grid import Box
from neuropil.storage import LabelStack
from neuropil.volumes import open_role


class Readable(Protocol):
    """Anything that gives the voxels of a box, zeros outside of what it holds."""

    def read(self, box: Box) -> np.ndarray:
        """Voxels of a box of the dataset."""


class JunctionVoxels(NamedTuple):
    """The voxels of junctions in a block, in scan order.

    Attributes
    ----------
    zyx : (N, 3) int64, places in the dataset
    junction : (N,), ids of junction objects
    site : (N,), local labels of contact sites; 0 is none
    """

    zyx: np.ndarray
    junction: np.ndarray
    site: np.ndarray


class Sources(NamedTuple):
    """Volumes that the fragments of a chunk are found in.

    Attributes
    ----------
    sites : local labels of contact sites
    junctions : ids of junction objects
    supervoxels : ids
    sj, sym, asym : maps of junctions and of their types, 0 to 255; None without one
    box : the dataset's box
    voxel_size_nm : (z, y, x)
    reach_nm : longest line between two cells
    """

    sites: Readable
    junctions: Readable
    supervoxels: Readable
    sj: Readable | None
    sym: Readable | None
    asym: Readable | None
    box: Box
    voxel_size_nm: tuple[float, float, float]
    reach_nm: float

    def read_junctions(self, block: Box) -> JunctionVoxels:
        """Read where in a block junctions are."""
        junctions = self.junctions.read(block)
        at = np.flatnonzero(junctions != 0)  # of bools it is four times as fast
        zyx = np.stack(np.unravel_index(at, block.shape), axis=1)
        sites = self.sites.read(block).ravel()[at]
        return JunctionVoxels(zyx + block.start, junctions.ravel()[at], sites)


def open_sources(
    sites: str, junctions: str, dataset: Mapping, reach_nm: float
) -> Sources:
    """Open a chunk's files of contact sites and junctions, and the dataset's maps.

    ``reach_nm`` is the length of the longest line between two cells.
    """
    roles = ("supervoxels", "sj", "sym", "asym")
    volumes = (
        open_role(dataset, role) if dataset["volumes"].get(role) else None
        for role in roles
    )
    files = (LabelStack([path]) for path in (sites, junctions))
    size = tuple(dataset["voxel_size_nm"][axis] for axis in "zyx")
    box = Box(*dataset["box_vx"])
    return Sources(*files, *volumes, box, size, reach_nm)
