"""Contact sites of one chunk, streamed block by block."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.contacts.adjacency import Rim, find_links
from neuropil.contacts.plan import Plan
from neuropil.contacts.sites import Sites, find_sites, merge_strays
from neuropil.grid import Box, Triple, voxel_index
from neuropil.schemas.contacts import FRAGMENTS, LINKS, RIM, STRAYS
from neuropil.stitching import distinct_pairs
from neuropil.storage import write_table


class ChunkContacts(NamedTuple):
    """Tables of the contact sites of a chunk, each of the schema of its name."""

    fragments: pd.DataFrame
    links: pd.DataFrame
    rim: pd.DataFrame
    strays: pd.DataFrame


def extract_contacts(
    read: Callable[[Box], np.ndarray],
    write: Callable[[Box, np.ndarray], None],
    boxes: tuple[Box, Box],
    plan: Plan,
    block_shape: Triple,
    threads: int,
) -> ChunkContacts:
    """Find the contact sites of a chunk.

    A label is a connected part of a site within one block; `links` says which labels
    touch. Memory is that of a few blocks, and of the tables.

    Parameters
    ----------
    read : gives the supervoxels of a box
    write : takes the labels (uint32) of a box
    boxes : the chunk's core, and the whole volume
    plan : lengths in voxels
    block_shape : (z, y, x), in voxels
    threads : blocks at work at the same time
    """
    core, volume = boxes

    def find(block: Box) -> Sites:
        return find_sites(read(block.grow(plan.halo)), block, volume, plan)

    parts, near, faces, links, count = [], [], [], [np.empty((0, 2), np.uint32)], 0
    for block, sites in map_blocks(find, core, block_shape, threads):
        labels = np.where(sites.labels, sites.labels + np.uint32(count), np.uint32(0))
        write(block, labels)
        rim = Rim.of(labels, block)
        near = [other for other in near if other.box.stop[0] >= block.start[0]]
        links += [sites.touching + np.uint32(count)]
        links += [find_links(other, rim) for other in near]
        near.append(rim)
        faces.append(rim.on_faces(core, volume))
        fragments = sites.fragments.assign(label=sites.fragments["label"] + count)
        parts.append((fragments, sites.strays))
        count += len(fragments)
    fragments, strays = (pd.concat(t, ignore_index=True) for t in zip(*parts))
    pairs = distinct_pairs(np.concatenate(links))
    place = np.concatenate([rim.place for rim in faces])
    rim = {
        "index": voxel_index(*place.T, volume.stop),
        "label": np.concatenate([rim.label for rim in faces]),
    }
    links = pd.DataFrame({"label_a": pairs[:, 0], "label_b": pairs[:, 1]})
    return ChunkContacts(fragments, links, pd.DataFrame(rim), merge_strays(strays))


def write_chunk(paths, tables: ChunkContacts) -> None:
    """Write the tables of a chunk; ``paths`` has an attribute for each."""
    schemas = (FRAGMENTS, LINKS, RIM, STRAYS)
    for name, table, schema in zip(tables._fields, tables, schemas):
        write_table(getattr(paths, name), table, schema)
    sizes = [f"{len(table):,} {name}" for name, table in tables._asdict().items()]
    logging.info("found %s", ", ".join(sizes))
