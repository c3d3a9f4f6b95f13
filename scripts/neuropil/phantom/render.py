"""Render chunks of the phantom: images, maps, supervoxels, and their truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.grid import Box, Triple
from neuropil.phantom.false_objects import place_false_objects
from neuropil.phantom.field import FieldSource
from neuropil.phantom.fields import Fields, crop
from neuropil.phantom.fragments import (
    count_fragments,
    edge_reach,
    fragment_cells,
    merge_fragments,
)
from neuropil.phantom.image import image_reach, render_image
from neuropil.phantom.maps import ROLES, maps_reach, render_maps
from neuropil.phantom.tissue import Tissue
from neuropil.phantom.truth import cell_ids, count_truth, merge_counts, truth_halo
from neuropil.storage import LabelFile

VOLUMES = {"raw": "uint8", "supervoxels": "uint64"} | dict.fromkeys(ROLES, "uint8")
TRUTH_VOLUMES = dict.fromkeys(("cells", "mi", "vc", "sj"), "uint64")


def find_false_objects(tissue: Tissue) -> pd.DataFrame:
    """Choose the places where maps show objects that the tissue lacks."""
    source = FieldSource(tissue, Box.of(tissue.shape_vx))
    return place_false_objects(tissue, source.compute)


def render_chunk(
    tissue: Tissue,
    false_objects: pd.DataFrame,
    paths: tuple[str, str],
    chunk: tuple[Box, Box, Triple],
    threads: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write one chunk's volumes and truth volumes, block by block.

    Parameters
    ----------
    tissue, false_objects : made by `grow_tissue` and `find_false_objects`
    paths : of the volumes and of the truth volumes
    chunk : box of the chunk, box of the dataset, shape of blocks
    threads : blocks at work at the same time

    Returns
    -------
    Tables `COUNTS` (of the truth) and `FRAGMENT_COUNTS` of the chunk.
    """
    box, whole, block_shape = chunk
    size = tissue.voxel_size_nm
    render = block_renderer(tissue, false_objects, (box, whole))
    counts, fragments = [], []
    with (
        LabelFile(paths[0], box, size, VOLUMES) as volumes,
        LabelFile(paths[1], box, size, TRUTH_VOLUMES) as truth,
    ):
        for block, result in map_blocks(render, box, block_shape, threads):
            for file, arrays in zip((volumes, truth), result[:2]):
                for name, array in arrays.items():
                    file.write(block, array, name)
            counts.append(result[2])
            fragments.append(result[3])
    return merge_counts(counts), merge_fragments(fragments)


def block_renderer(
    tissue: Tissue, false_objects: pd.DataFrame, boxes: tuple[Box, Box]
) -> Callable[[Box], tuple]:
    """Make the function that renders a block of a region of the dataset.

    ``boxes`` are those of the region and of the dataset. The function returns volumes
    by name, truth volumes by name, truth counts and fragment counts.
    """
    region, whole = boxes
    size, settings = tissue.voxel_size_nm, tissue.settings
    image, maps = image_reach(size, settings), maps_reach(size, settings)
    after = edge_reach(size, settings)
    halo = truth_halo(size)
    before = tuple(max(reach) for reach in zip(image, maps, halo))
    behind = tuple(max(pair) for pair in zip(before, after))
    source = FieldSource(tissue, region.grow(before, behind))

    def render(block: Box) -> tuple:
        outer = block.grow(before, behind)
        fields = source.compute(outer)
        own = crop(fields, block.within(outer))
        around = crop(fields, block.grow(maps).within(outer))
        volumes = render_maps(around, block, tissue, false_objects)
        around = crop(fields, block.grow(image).within(outer))
        volumes["raw"] = render_image(around, block, tissue)
        wide = block.grow(0, after)
        inside = wide.intersect(whole)
        pieces = np.zeros(wide.shape, np.uint64)
        pieces[inside.within(wide)] = fragment_cells(
            fields.cell[inside.within(outer)], inside, tissue
        )
        volumes["supervoxels"] = pieces[block.within(wide)]
        fragments = count_fragments(pieces, block.shape)
        counts = count_truth(crop(fields, block.grow(halo).within(outer)), block, size)
        return volumes, truth_labels(own, tissue), counts, fragments

    return render


def truth_labels(fields: Fields, tissue: Tissue) -> dict[str, np.ndarray]:
    """Ids (uint64) of cells, mitochondria, vesicle clouds and junctions."""
    ids = np.append(np.uint64(0), cell_ids(tissue, np.arange(1, len(tissue.cells) + 1)))
    return {
        "cells": ids[fields.cell],
        "mi": fields.mito.astype(np.uint64),
        "vc": fields.vesicles.astype(np.uint64),
        "sj": fields.synapse.astype(np.uint64),
    }
