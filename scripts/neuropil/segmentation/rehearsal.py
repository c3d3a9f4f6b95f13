"""Call the kernels of supervoxels from a map on a crumb of tissue (`rehearsal`)."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from neuropil.blocks import map_blocks
from neuropil.corrections import join_within, make_limits, order_joins
from neuropil.crumbs import SHAPE, Lengths, halves, hold
from neuropil.grid import Box
from neuropil.instances import BasinFile, save_basins
from neuropil.segmentation import membranes, supervoxels
from neuropil.segmentation.edges import extract_edges, link_cells, measure_edges
from neuropil.segmentation.moments import extract_moments
from neuropil.volumes.affinities import Faces


def rehearse_segmentation(segmentation: Mapping, voxel_size_nm: Lengths) -> None:
    """Go through the steps of supervoxels that are made from a map, on noise.

    Parameters
    ----------
    segmentation : section of the config
    voxel_size_nm : (z, y, x)
    """
    noise = np.random.default_rng(0).integers(0, 255, SHAPE, np.uint8)
    noise[:, :, 8:16] = 255
    volume, grid = hold(noise, voxel_size_nm), halves(SHAPE)
    recipe = supervoxels.Recipe.of(segmentation, voxel_size_nm)
    labels, walk = np.zeros(SHAPE, np.uint32), functools.partial(map_blocks, threads=1)

    def write(box: Box, array: np.ndarray) -> None:
        labels[box.slices] = array

    with tempfile.TemporaryDirectory() as folder:
        files = []
        for chunk in grid.chunks:
            boxes = {"box": grid.core(chunk), "block_shape": recipe.block_shape(SHAPE)}
            blocks, core = functools.partial(walk, **boxes), boxes["box"]
            tables = supervoxels.label_supervoxels(volume, recipe, core, blocks, write)
            files.append(BasinFile(f"{folder}/{chunk}.h5"))
            save_basins(tables, files[-1].path)
        least_um3 = segmentation["least_um3"]
        supervoxels.link_supervoxels(files, grid, recipe, least_um3)
    held = hold(labels.astype(np.uint64), voxel_size_nm)
    whole = functools.partial(walk, box=grid.box, block_shape=SHAPE)
    of_faces = segmentation["map"] == "affinities"
    sums = extract_edges(held, Faces([volume] * 3) if of_faces else volume, whole)
    measure_edges(sums, voxel_size_nm, segmentation["score"])
    link_cells(sums, segmentation["score"])
    extract_moments(held, volume, whole)


def rehearse_membranes(settings: Mapping, voxel_size_nm: Lengths) -> None:
    """Go through the steps of a map of membranes that is made from raw, on noise.

    Parameters
    ----------
    settings : section ``membranes`` of the config, and ``sections``
    voxel_size_nm : (z, y, x)
    """
    noise = np.random.default_rng(0).integers(1, 255, SHAPE, np.uint8)
    raw = hold(noise, voxel_size_nm)
    walk = functools.partial(map_blocks, box=raw.box, block_shape=SHAPE, threads=1)
    sheets = membranes.SheetFilter.of(settings, voxel_size_nm)
    levels = membranes.measure_levels(raw, settings)
    membranes.predict_membranes(raw, sheets, levels, walk, lambda *_: None)


def rehearse_corrections(given: Sequence[str], voxel_size_nm: Lengths) -> None:
    """Join supervoxels as far as a correction and two somata allow.

    Parameters
    ----------
    given : which of ``corrections`` and ``somata`` the config has
    voxel_size_nm : (z, y, x); cells are joined alike whatever it is
    """
    ids = np.arange(1, 7, dtype=np.uint64)
    chain = {"supervoxel_a": ids[:-1], "supervoxel_b": ids[1:], "score": 0.5}
    edges = pd.DataFrame(chain)
    table = edges[:2].assign(action=["merge", "split"])
    somata = pd.DataFrame({"supervoxel": ids[3:5], "soma": ids[3:5]})
    tables = [table] if "corrections" in given else []
    limits = make_limits(tables, somata if "somata" in given else somata[:0])
    join_within(order_joins(edges, edges, threshold=0.5), limits)
