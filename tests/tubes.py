"""Cells made of tubes around known lines; their skeletons through chunks and files."""

import itertools

import networkx as nx
import numpy as np
import pandas as pd
import yaml

from neuropil.bucket_pieces import read_pieces, write_pieces
from neuropil.grid import Box, Grid
from neuropil.skeletons.chunks import Pieces, extract_skeletons, put_together
from neuropil.skeletons.merging import merge_skeletons
from neuropil.skeletons.pieces import Piece
from neuropil.skeletons.tiles import plan_tiles, tiles_of
from repository import ROOT

CELL = 2**63 + 5
SIZE = (25, 10, 10)
SETTINGS = yaml.safe_load((ROOT / "config/config.yaml").read_text())["skeletons"]


def changed(**settings):
    """Config's section with other values, also of its section `teasar`."""
    teasar = {k: settings.pop(k) for k in list(settings) if k in SETTINGS["teasar"]}
    return SETTINGS | settings | {"teasar": SETTINGS["teasar"] | teasar}


def draw(shape, lines, radius=90, size=SIZE):
    """Voxels (bool) within a radius in nm of lines, each (N, 3) places in nm."""
    place = (np.indices(shape).reshape(3, -1).T + 0.5) * size
    inside = np.zeros(len(place), bool)
    for line in lines:
        line = np.asarray(line, float)
        for a, b in itertools.pairwise(line):
            way = b - a
            share = np.clip((place - a) @ way / (way @ way), 0, 1)
            near = a + share[:, None] * way
            inside |= np.linalg.norm(place - near, axis=1) <= radius
    return inside.reshape(shape)


def tube(shape, lines, radius=90, size=SIZE, cell=CELL):
    """Volume (uint64) of one cell made of tubes."""
    return draw(shape, lines, radius, size) * np.uint64(cell)


def trace(volume, chunk=None, settings=SETTINGS, threads=1, **how):
    """Pieces of each chunk: {chunk: Pieces}. ``how``: size, box, membership."""
    size = how.get("size", SIZE)
    box = how.get("box") or Box.of(volume.shape)
    members = how.get("membership")
    if members is None:
        ids = np.unique(volume[volume != 0])
        members = pd.DataFrame({"supervoxel": ids, "cell": ids}, dtype="u8")
    grid = Grid(box, chunk or box.shape)
    step, tiles = plan_tiles(box, size, settings)
    read = lambda wanted: volume[wanted.slices]  # noqa: E731
    return {
        name: extract_skeletons(
            *(read, members, (step, tiles_of(grid, name, step, tiles)), size),
            *(settings, threads),
        )
        for name in grid.chunks
    }


def skeletonize(folder, volume, chunk=None, settings=SETTINGS, threads=1, **how):
    """Skeletons of a volume by cell, through the files of chunks."""
    paths = []
    for name, pieces in trace(volume, chunk, settings, threads, **how).items():
        paths.append(folder / f"{name}.h5")
        write_pieces(paths[-1], pieces, 3)
    skeletons = {}
    for bucket in range(3):
        pieces = read_pieces(paths, bucket, Pieces)
        size = how.get("size", SIZE)
        skeletons |= merge_skeletons(pieces, size, settings)
    return skeletons


def one_piece(lines, cell=CELL, radius=50, voxel_count=10**6):
    """Make a piece of trees by hand: lines of voxels, each from another's node on.

    Each line is a list of places; its first place is the root, or lies on a line
    before.
    """
    place, parent = [], []
    for line in lines:
        above = place.index(line[0]) if line[0] in place else -1
        for voxel in line if above < 0 else line[1:]:
            parent.append(above)
            above = len(place)
            place.append(voxel)
    count = len(place)
    return Piece(
        cell,
        voxel_count,
        np.array(place, np.int32),
        np.array(parent, np.int32),
        np.full(count, radius, np.float32),
        np.zeros(count, bool),
    )


def straight(start, stop, count):
    """Voxels on a straight line, both ends among them."""
    places = np.linspace(start, stop, count).round().astype(int)
    return [tuple(place) for place in places.tolist()]


def merge(pieces, settings=SETTINGS, size=SIZE):
    """Skeletons of pieces made by hand."""
    return merge_skeletons(put_together(pieces), size, settings)


def cable_um(skeleton):
    """Length of a skeleton."""
    return skeleton.edge_lengths_nm.sum() / 1000


def points_on(vertices, edges, step=10.0):
    """Places about so far from each other, in nm, on edges."""
    parts = [np.asarray(vertices, float)]
    for a, b in np.asarray(vertices, float)[np.asarray(edges, int)]:
        count = int(np.linalg.norm(b - a) / step) + 2
        parts.append(np.linspace(a, b, count))
    return np.concatenate(parts)


def check_trees(skeleton):
    """Each component is one tree; parents come before their children."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(skeleton.vertices_nm)))
    graph.add_edges_from(skeleton.edges.tolist())
    assert graph.number_of_edges() == len(skeleton.edges)
    parts = list(nx.connected_components(graph))
    assert len(skeleton.edges) == len(graph) - len(parts)
    assert (skeleton.edges[:, 0] < skeleton.edges[:, 1]).all()
    assert (np.diff(skeleton.component.astype(int)) >= 0).all()
    found = sorted(sorted(part) for part in parts)
    named = [
        np.flatnonzero(skeleton.component == c).tolist() for c in range(len(parts))
    ]
    assert sorted(named) == found
    part = skeleton.component[skeleton.edges[:, 0]]
    lengths = np.bincount(part, skeleton.edge_lengths_nm, len(parts))
    assert (np.diff(lengths) <= 1e-3).all()
    assert len(np.unique(skeleton.vertices_nm, axis=0)) == len(skeleton.vertices_nm)
