"""How much myelin there is around places on skeletons: around a neurite, or in a cube.

A sheath lies around an axon, not in it. So rays go out across the cable, as far as just
beyond the surface of the cell, and the share of those that meet myelin counts: for maps
of sheaths and for maps that fill myelinated axons alike. The cube of SyConn2 (Schubert
et al. 2022, Methods, myelin) is for the latter alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.grid import Box, Triple
from neuropil.skeletons.store import Skeleton
from neuropil.volumes.base import Volume

RAYS = 8
STEPS = 64  # along a ray, at the most; else as long as the shortest side of a voxel
NODES_AT_ONCE = 4096  # whose rays are held


class Nodes(NamedTuple):
    """Nodes of skeletons.

    Attributes
    ----------
    place_nm : (N, 3), z, y, x
    radius_nm : (N,)
    heading : (N, 3), unit vectors along the cable
    """

    place_nm: np.ndarray
    radius_nm: np.ndarray
    heading: np.ndarray

    @classmethod
    def of(cls, skeletons: list[Skeleton]) -> Nodes:
        """Put the nodes of skeletons one after the other."""
        none = np.empty((0, 3))
        return cls(
            np.concatenate([none, *(one.vertices_nm for one in skeletons)]),
            np.concatenate([none[:, 0], *(one.radius_nm for one in skeletons)]),
            np.concatenate([none, *map(find_headings, skeletons)]),
        )


def find_headings(skeleton: Skeleton) -> np.ndarray:
    """Direction (N, 3) in which the edges of each node go, as well as one can.

    The axis that is nearest to all of them; along z for a node without edges.
    """
    ends = skeleton.edges.astype(np.int64)
    place = skeleton.vertices_nm.astype(np.float64)
    along = place[ends[:, 1]] - place[ends[:, 0]]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    spread = np.zeros((len(place), 3, 3))
    spread[:, 0, 0] = 1e-9
    for side in range(2):
        np.add.at(spread, ends[:, side], along[:, :, None] * along[:, None, :])
    return np.linalg.eigh(spread)[1][..., -1]


def measure_shares(
    myelin: Volume, nodes: Nodes, block_shape: Triple, settings: Mapping
) -> np.ndarray:
    """Measure the share of myelin around each node.

    Parameters
    ----------
    myelin : map, 0 to 255; what lies outside of it does not count
    block_shape : (z, y, x), nodes in so much of the volume are looked at together
    settings : section ``myelin`` of the config: look, sheath_nm, cube_nm, threshold

    Returns
    -------
    (N,) float64, 0 to 1
    """
    shares = np.zeros(len(nodes.place_nm))
    look = {"across": look_across, "cube": look_in_cube}[settings["look"]]
    for rows in group_by_block(myelin, nodes, block_shape):
        some = Nodes(*(column[rows] for column in nodes))

        def read(box: Box) -> np.ndarray:
            return myelin.read(box) > 255 * settings["threshold"]

        shares[rows] = look(myelin, read, some, settings)
    return shares


def group_by_block(
    myelin: Volume, nodes: Nodes, block_shape: Triple
) -> Iterator[np.ndarray]:
    """Yield rows of nodes that lie in the same block of a volume, some at a time."""
    blocks = voxels_of(nodes.place_nm, myelin) // block_shape
    groups = pd.DataFrame(blocks, columns=[*"zyx"]).groupby([*"zyx"])
    for rows in groups.indices.values():
        yield from np.split(rows, range(NODES_AT_ONCE, len(rows), NODES_AT_ONCE))


def voxels_of(places_nm: np.ndarray, volume: Volume) -> np.ndarray:
    """Voxels (N, 3) int64 in which places lie."""
    return np.floor(places_nm / np.array(volume.voxel_size_nm)).astype(np.int64)


def look_in_cube(
    myelin: Volume, read: Callable[[Box], np.ndarray], nodes: Nodes, settings: Mapping
) -> np.ndarray:
    """Measure the share (N,) of myelin in the cube around each node."""
    voxels = voxels_of(nodes.place_nm, myelin)
    reach = tuple(int(settings["cube_nm"] // (2 * s)) for s in myelin.voxel_size_nm)
    box = Box.around(voxels).grow(reach).intersect(myelin.box)
    mask = read(box)
    shares = np.zeros(len(voxels))
    for row in range(len(voxels)):
        cube = Box.around(voxels[row : row + 1]).grow(reach).intersect(box)
        shares[row] = mask[cube.within(box)].mean() if cube.size else 0.0
    return shares


def look_across(
    myelin: Volume, read: Callable[[Box], np.ndarray], nodes: Nodes, settings: Mapping
) -> np.ndarray:
    """Measure the share (N,) of rays across the cable that meet myelin.

    Rays begin in the node and end ``sheath_nm`` beyond its radius; one that ends out of
    the volume, and meets no myelin before, has no vote.
    """
    reach = nodes.radius_nm + settings["sheath_nm"]
    step = np.maximum(reach / STEPS, min(myelin.voxel_size_nm))
    count = int(np.ceil((reach / step).max())) + 1
    far = np.minimum(np.arange(count) * step[:, None], reach[:, None])
    rays = fan_out(nodes.heading)[:, :, None] * far[:, None, :, None]
    voxels = voxels_of(nodes.place_nm[:, None, None] + rays, myelin)
    box = Box.around(voxels.reshape(-1, 3)).intersect(myelin.box)
    if not box.size:
        return np.zeros(len(far))
    inside = ((voxels >= box.start) & (voxels < box.stop)).all(axis=-1)
    mask = read(box)
    met = np.zeros(inside.shape, bool)
    met[inside] = mask[tuple((voxels[inside] - box.start).T)]
    meets = met.any(axis=-1)
    votes = meets | inside[..., -1]
    return meets.sum(axis=1) / np.maximum(votes.sum(axis=1), 1)


def fan_out(heading: np.ndarray) -> np.ndarray:
    """Give unit vectors (N, RAYS, 3) across headings (N, 3), at even angles.

    >>> fan_out(np.array([[0.0, 0, 1]])).round(3)[0, :3].tolist()
    [[0.0, 1.0, 0.0], [-0.707, 0.707, 0.0], [-1.0, 0.0, 0.0]]
    """
    axis = np.eye(3)[np.argmin(np.abs(heading), axis=1)]
    first = np.cross(heading, axis)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(heading, first)
    angle = np.arange(RAYS) * (2 * np.pi / RAYS)
    turned = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.einsum("rk,knc->nrc", turned, np.stack([first, second]))
