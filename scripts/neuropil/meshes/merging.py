"""Meshes of whole cells, or objects, from the pieces of all chunks."""

from __future__ import annotations

import logging
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from neuropil.bucket_pieces import read_pieces
from neuropil.grid import Box
from neuropil.meshes.geometry import NM3_PER_UM3, is_closed, measure_mesh
from neuropil.meshes.lattice import Lattice
from neuropil.meshes.pieces import Pieces
from neuropil.meshes.store import StoredMesh, write_meshes
from neuropil.meshes.surfaces import simplify, smooth, weld
from neuropil.schemas.meshes import MESHES
from neuropil.storage import write_table


def merge_meshes(
    parts: Iterable[Pieces],
    lattice: Lattice,
    voxel_size_nm: Sequence[float],
    max_error_nm: float,
    threads: int = 1,
) -> Iterator[tuple[int, StoredMesh]]:
    """Weld, smooth and simplify the meshes of which chunks hold pieces.

    The result does not depend on how chunks cut the surfaces, nor on ``threads``.

    Parameters
    ----------
    parts : pieces of each chunk
    lattice : of the samples
    voxel_size_nm : (z, y, x)
    max_error_nm : of the simplification
    threads : meshes at work at the same time

    Yields
    ------
    id and mesh, by rising id
    """
    found, counts = defaultdict(list), Counter()
    for pieces in parts:
        for count, (name, *piece) in zip(pieces.sample_counts, pieces.meshes()):
            found[name].append(piece)
            counts[name] += int(count)
    sample_um3 = np.prod(lattice.factors) * np.prod(voxel_size_nm) / NM3_PER_UM3

    def make(name: int) -> StoredMesh:
        vertices, faces = weld(found.pop(name))
        places = lattice.to_nm(vertices, voxel_size_nm)
        return finish(places, faces, counts[name] * sample_um3, max_error_nm)

    names = sorted(found)
    with ThreadPoolExecutor(threads) as pool:
        yield from zip(names, pool.map(make, names))


def finish(
    vertices_nm: np.ndarray,
    faces: np.ndarray,
    volume_um3: float,
    max_error_nm: float,
    start_nm: Sequence[float] = (0.0, 0.0, 0.0),
) -> StoredMesh:
    """Smooth a mesh of voxels of a volume, measure it and simplify it.

    ``start_nm`` is where the vertices count from.
    """
    smoothed = smooth(vertices_nm, faces, volume_um3)
    area, volume = measure_mesh(smoothed, faces)
    vertices, faces = simplify(smoothed, faces, max_error_nm)
    places = (vertices + start_nm).astype(np.float32)
    return StoredMesh(places, faces.astype(np.uint32), area, volume)


def describe(meshes: Iterable[tuple[int, StoredMesh]]) -> pd.DataFrame:
    """List meshes in a table of schema `MESHES`."""
    rows = []
    for name, mesh in meshes:
        low, high = mesh.vertices_nm.min(axis=0), mesh.vertices_nm.max(axis=0)
        sizes = (len(mesh.vertices_nm), len(mesh.faces))
        measures = (mesh.area_um2, mesh.volume_um3, is_closed(mesh.faces))
        rows.append((name, *sizes, *measures, *low.tolist(), *high.tolist()))
    table = pd.DataFrame(rows, columns=MESHES.columns)
    return table.astype({"id": np.uint64})


def merge_bucket(
    paths: Sequence[str],
    bucket: int,
    boxes: tuple[Box, Sequence[float]],
    settings: dict,
    threads: int,
) -> list[tuple[int, StoredMesh]]:
    """Make the meshes of a bucket.

    Parameters
    ----------
    paths : files of pieces of all chunks
    bucket : its number
    boxes : the volume's box, and its voxel size in nm (z, y, x)
    settings : section of the config: sample_nm, max_error_nm
    threads : meshes at work at the same time
    """
    volume, voxel_size_nm = boxes
    lattice = Lattice.of(settings["sample_nm"], voxel_size_nm, volume)
    pieces = read_pieces(paths, bucket, Pieces)
    meshes = list(
        merge_meshes(
            [pieces], lattice, voxel_size_nm, settings["max_error_nm"], threads
        )
    )
    after = sum(len(mesh.faces) for _, mesh in meshes)
    logging.info("%d meshes, %d triangles of %d", len(meshes), after, len(pieces.faces))
    return meshes


def write_bucket(
    paths: Sequence[str | os.PathLike],
    meshes: Sequence[tuple[int, StoredMesh]],
    kind: str,
) -> None:
    """Write the meshes of a bucket (``paths[0]``) and their table (``paths[1]``)."""
    write_meshes(paths[0], meshes, kind)
    write_table(paths[1], describe(meshes), MESHES)
