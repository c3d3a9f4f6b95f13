"""Whole-cell skeletons of one bucket, out of the pieces of all chunks."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from neuropil.bucket_pieces import split_ids
from neuropil.schemas.skeletons import SKELETONS
from neuropil.skeletons.chunks import Pieces
from neuropil.skeletons.doubles import absorb_doubles
from neuropil.skeletons.joining import (
    break_cycles,
    find_dust,
    join_parts,
    unite_pieces,
)
from neuropil.skeletons.pruning import remove_ticks
from neuropil.skeletons.somata import is_soma, unite_somata
from neuropil.skeletons.store import Skeleton
from neuropil.skeletons.thinning import number_trees, smooth_paths, thin_nodes
from neuropil.skeletons.tiles import lattice_step


def merge_skeletons(
    pieces: Pieces, voxel_size_nm: Sequence[float], settings: Mapping
) -> dict[int, Skeleton]:
    """Make the skeletons of cells out of their pieces.

    Parameters
    ----------
    pieces : of a bucket, from all chunks
    voxel_size_nm : (z, y, x)
    settings : config's section `skeletons`

    Returns
    -------
    Skeletons by cell, ascending; cells that are all dust have none
    """
    parts = split_ids(pieces)
    made = ((c, merge_cell(part, voxel_size_nm, settings)) for c, part in parts)
    skeletons = {cell: one for cell, one in made if len(one.vertices_nm)}
    logging.info(
        "%d skeletons of %d cells, %d nodes in %d trees",
        *(len(skeletons), len(np.unique(pieces.cell))),
        sum(len(one.vertices_nm) for one in skeletons.values()),
        sum(int(one.component[-1]) + 1 for one in skeletons.values()),
    )
    return skeletons


def merge_cell(
    pieces: Pieces, voxel_size_nm: Sequence[float], settings: Mapping
) -> Skeleton:
    """Make one cell's skeleton out of its pieces."""
    step = lattice_step(voxel_size_nm, settings["voxel_nm"])
    sizes = np.multiply(step, voxel_size_nm)
    graph, weight, held = unite_pieces(pieces, voxel_size_nm)
    kept = ~find_dust(graph, weight, settings["dust_nm3"] / sizes.prod())
    surface = (pieces.surface_vx + 0.5) * voxel_size_nm
    rules = settings["teasar"]
    graph, held = unite_somata(graph.keep(kept), held[kept], surface, sizes, rules)
    graph, thin = absorb_doubles(graph, held, sizes)
    graph, opened = break_cycles(graph, thin)
    graph = join_parts(graph, settings["join_nm"])
    ticks = (settings["tick_nm"], settings["tick_scale"])
    graph = remove_ticks(graph, *ticks, opened, is_soma(graph, rules))
    graph = smooth_paths(graph, settings["smooth_nm"], is_soma(graph, rules))
    return number_trees(thin_nodes(graph, settings["spacing_nm"], settings["error_nm"]))


def describe_skeletons(skeletons: Mapping[int, Skeleton]) -> pd.DataFrame:
    """Table of skeletons: schema `skeletons`."""
    return pd.DataFrame(
        [describe_skeleton(cell, one) for cell, one in skeletons.items()],
        columns=SKELETONS.columns,
    )


def describe_skeleton(cell: int, skeleton: Skeleton) -> dict:
    """Row of a skeleton."""
    lengths = skeleton.edge_lengths_nm
    degree = np.bincount(skeleton.edges.ravel(), minlength=len(skeleton.component))
    part = skeleton.component[skeleton.edges[:, 0]]
    total = lengths.sum()
    low, high = (f(skeleton.vertices_nm, axis=0).tolist() for f in (np.min, np.max))
    return {
        "cell": cell,
        "path_length_um": total / 1000,
        "node_count": len(degree),
        "branch_count": int((degree > 2).sum()),
        "end_count": int((degree <= 1).sum()),
        "component_count": int(skeleton.component[-1]) + 1,
        "largest_share": lengths[part == 0].sum() / total if total else 1.0,
        **{f"start_{axis}_nm": v for axis, v in zip("zyx", low)},
        **{f"stop_{axis}_nm": v for axis, v in zip("zyx", high)},
        "max_radius_nm": float(skeleton.radius_nm.max()),
    }
