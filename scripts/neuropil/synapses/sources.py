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


class Labels(NamedTuple):
    """Labels of contact sites and ids of junctions in the voxels of a block."""

    block: Box
    sites: np.ndarray
    junctions: np.ndarray


class Sources(NamedTuple):
    """Volumes that the fragments of a chunk are found in.

    Attributes
    ----------
    sites : local labels of contact sites
    junctions : ids of junction objects
    supervoxels : ids
    sym, asym : probability of the types, 0 to 255; None without such a map
    box : the dataset's box
    voxel_size_nm : (z, y, x)
    reach_nm : longest line between two cells
    """

    sites: Readable
    junctions: Readable
    supervoxels: Readable
    sym: Readable | None
    asym: Readable | None
    box: Box
    voxel_size_nm: tuple[float, float, float]
    reach_nm: float

    def read_labels(self, block: Box) -> Labels:
        """Read the labels of a block."""
        return Labels(block, self.sites.read(block), self.junctions.read(block))


def open_sources(
    sites: str, junctions: str, dataset: Mapping, contacts: Mapping
) -> Sources:
    """Open a chunk's files of contact sites and junctions, and the dataset's maps.

    ``contacts`` is this section of the config.
    """
    roles = ("supervoxels", "sym", "asym")
    volumes = (
        open_role(dataset, role) if dataset["volumes"].get(role) else None
        for role in roles
    )
    files = (LabelStack([path]) for path in (sites, junctions))
    size = tuple(dataset["voxel_size_nm"][axis] for axis in "zyx")
    box = Box(*dataset["box_vx"])
    return Sources(*files, *volumes, box, size, contacts["reach_nm"])
